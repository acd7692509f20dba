// Health check of the portal's image: does the sign-in page come?
try {
  const answer = await fetch(`http://127.0.0.1:${process.env.PORT ?? "3000"}/signin`, {
    signal: AbortSignal.timeout(4000),
  });
  if (!answer.ok) {
    throw new Error(`status ${answer.status}`);
  }
} catch (problem) {
  console.error(`/signin does not answer: ${problem.message}`);
  process.exit(1);
}
