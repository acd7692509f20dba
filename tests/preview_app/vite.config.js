import react from "@vitejs/plugin-react";

// Nothing about hosts: a student's first project has nothing about them either.
export default { plugins: [react()] };
