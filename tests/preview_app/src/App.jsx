import { useState } from "react";

export function App() {
  const [clicks, setClicks] = useState(0);
  return (
    <main>
      <h1>First words</h1>
      <button onClick={() => setClicks(clicks + 1)}>Clicked {clicks} times</button>
    </main>
  );
}
