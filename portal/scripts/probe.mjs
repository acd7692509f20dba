// Health check of the portal's image: does the sign-in page come, with its policy?
try {
  const answer = await fetch(`http://127.0.0.1:${process.env.PORT ?? "3000"}/signin`, {
    signal: AbortSignal.timeout(4000),
  });
  if (!answer.ok || !answer.headers.has("content-security-policy")) {
    throw new Error(`status ${answer.status}, headers ${JSON.stringify([...answer.headers.keys()])}`);
  }
} catch (problem) {
  console.error(`/signin does not answer well: ${problem.message}`);
  process.exit(1);
}
