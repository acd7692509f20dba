import { headers } from "next/headers";
import { greet } from "./actions";
import { Counter } from "./counter";

export default async function Page() {
  const host = (await headers()).get("host");
  return (
    <main>
      <h1>First words from {host}</h1>
      <Counter greet={greet} />
    </main>
  );
}
