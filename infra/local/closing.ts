export type OnClose = (stop: () => Promise<void> | void) => void;

/**
 * Runs a start that names how to stop each part as soon as it runs. `close` stops the parts, the last one first. A
 * start that fails stops those that run already.
 */
export async function closable<T extends object>(
  start: (onClose: OnClose) => Promise<T>,
): Promise<T & { close(): Promise<void> }> {
  const stops: Parameters<OnClose>[0][] = [];
  const close = async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  };
  try {
    return { ...(await start((stop) => stops.push(stop))), close };
  } catch (error) {
    await close();
    throw error;
  }
}
