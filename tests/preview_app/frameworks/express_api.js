// A student's API as in Express' own guides: CORS for one front end, and a cookie.
import express from "express";

const app = express();
app.use((request, response, next) => {
  response.set({
    "Access-Control-Allow-Origin": "http://localhost:5173",
    "Access-Control-Allow-Credentials": "true",
  });
  next();
});
app.get("/", (request, response) => response.send("<h1>Express</h1>"));
app.post("/visits", (request, response) => {
  const seen = Number(/visits=(\d+)/.exec(request.headers.cookie ?? "")?.[1] ?? 0);
  response.cookie("visits", seen + 1, { httpOnly: true }).json({ visits: seen + 1, origin: request.headers.origin });
});
app.get("/old", (request, response) => response.redirect(`${request.protocol}://${request.headers.host}/`));
app.listen(3000, "127.0.0.1");
