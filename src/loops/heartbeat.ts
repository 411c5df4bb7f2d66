/** How long the one who watches may take to answer. */
const patienceMs = 10_000;

/**
 * One beat: that the store answers is written to a file, and told to whoever watches from outside. Without the store there
 * is no beat, so that what is dead inside looks dead.
 */
export async function beat({
  readHead,
  write,
  url,
  now,
}: {
  readHead: () => Promise<{ seq: number }>;
  write: (text: string) => Promise<void>;
  /** may hold a secret: no error repeats it */
  url?: string;
  now: () => number;
}): Promise<void> {
  const { seq } = await readHead();
  await write(`${JSON.stringify({ at: new Date(now()).toISOString(), pid: process.pid, seq })}\n`);
  if (url === undefined) return;
  let status: number | string;
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(patienceMs) });
    await answer.body?.cancel();
    status = answer.status;
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string } };
    status = cause?.code ?? name;
  }
  if (typeof status === 'string' || status >= 300)
    // a redirect is not followed, so nobody took it
    throw new Error(`whoever watches (HEARTBEAT_URL) did not take the heartbeat: ${status}`);
}
