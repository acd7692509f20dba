import { BookmarkCheckIcon, FileSearchIcon, ShoppingBasketIcon, UploadIcon } from "lucide-react";

import type { KindContent } from "./kind";

export const SUPERSET: KindContent = {
  name: "Apache Superset",
  promise: "Your data, charts and dashboards",
  hasPorts: false,
  restart: "Running queries are stopped. Your charts, dashboards, queries and uploaded tables come back.",
  contents: "all its charts, dashboards, queries and uploaded tables",
  afterUnexpectedEnd: "Your charts, dashboards and uploaded tables are kept.",
  guide: [
    {
      icon: ShoppingBasketIcon,
      title: "An online shop to explore",
      text: "It has three years of sample customers, orders and products, and a dashboard to start with. You cannot break them.",
    },
    {
      icon: FileSearchIcon,
      title: "Ask your own questions",
      text: "Choose SQL → SQL Lab, pick the database “Sample shop”, write a query and press Run. Press the chart button above the results to turn them into a chart.",
    },
    {
      icon: UploadIcon,
      title: "Bring your own data",
      text: "Press +, then Data → Upload CSV to database (up to 25 MB, Excel up to 10 MB), and choose the database “My data”. You can use your table right away.",
    },
    {
      icon: BookmarkCheckIcon,
      title: "Everything is kept",
      text: "Charts, dashboards, queries and uploaded tables come back next time, on any computer.",
    },
  ],
  drawing: (
    <>
      <rect x="20" y="40" width="96" height="58" rx="5" className="fill-sunken" />
      <g className="fill-accent">
        <rect x="32" y="72" width="10" height="18" rx="1.500" opacity=".5" />
        <rect x="48" y="62" width="10" height="28" rx="1.500" opacity=".7" />
        <rect x="64" y="68" width="10" height="22" rx="1.500" opacity=".6" />
        <rect x="80" y="52" width="10" height="38" rx="1.500" />
        <rect x="96" y="58" width="10" height="32" rx="1.500" opacity=".8" />
      </g>
      <rect x="124" y="40" width="96" height="58" rx="5" className="fill-sunken" />
      <circle cx="172" cy="69" r="18" className="stroke-accent-soft" strokeWidth="10" fill="none" />
      <path d="M172 51a18 18 0 1 1-17 24" className="stroke-good" strokeWidth="10" fill="none" />
      <rect x="20" y="106" width="200" height="36" rx="5" className="fill-sunken" />
      <path
        d="m30 134 26-12 26 6 28-14 30 8 30-11 40 7"
        className="stroke-accent"
        strokeWidth="2.500"
        fill="none"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
};
