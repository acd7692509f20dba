"use client";
import { useState } from "react";

export function Counter({ greet }) {
  const [count, setCount] = useState(0);
  const [greeting, setGreeting] = useState("");
  return (
    <>
      <button onClick={() => setCount(count + 1)}>Clicked {count} times</button>
      <button onClick={async () => setGreeting(await greet("Ada"))}>Greet</button>
      <p>{greeting}</p>
    </>
  );
}
