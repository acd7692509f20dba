import type { WorkspaceKind } from "@/lib/api/types";

export type TopicPicture = "editor" | "terminal" | "folder" | "shop" | "query" | "upload" | "kept";

export interface Topic {
  picture: TopicPicture;
  title: string;
  text: string;
}

/** What is in a workspace of each kind and how to begin, in the words of the kind's own screens. */
export const GUIDES: Record<WorkspaceKind, readonly Topic[]> = {
  vscode: [
    {
      picture: "editor",
      title: "An editor that helps",
      text: "It completes your code and marks mistakes in Python, JavaScript and TypeScript.",
    },
    {
      picture: "terminal",
      title: "A terminal of your own",
      text: "Open it with Ctrl + ` (the key left of 1). Git, Python and Node.js are installed. Use pip and npm to install more.",
    },
    {
      picture: "folder",
      title: "One folder for your work",
      text: "Keep your work in the folder “project”. Files save themselves about a second after you stop typing.",
    },
    {
      picture: "kept",
      title: "Everything is kept",
      text: "Files, open editors and even unsaved text come back next time. Start your programs again yourself.",
    },
  ],
  superset: [
    {
      picture: "shop",
      title: "An online shop to explore",
      text: "It has three years of sample customers, orders and products, and a dashboard to start with. You cannot break them.",
    },
    {
      picture: "query",
      title: "Ask your own questions",
      text: "Choose SQL → SQL Lab, pick the database “Sample shop”, write a query and press Run. Press the chart button above the results to turn them into a chart.",
    },
    {
      picture: "upload",
      title: "Bring your own data",
      text: "Press +, then Data → Upload CSV to database (up to 25 MB, Excel up to 10 MB), and choose the database “My data”. You can use your table right away.",
    },
    {
      picture: "kept",
      title: "Everything is kept",
      text: "Charts, dashboards, queries and uploaded tables come back next time, on any computer.",
    },
  ],
};
