/** Whether a connection that nobody has watched for a while still lives. */
import type { MediaConnection } from './connection';

/** Time for two of ICE's own checks. */
const LIFE_WITHIN = 3_000;
const LOOK_EVERY = 500;

/** Whether anything at all still comes in: media, reports, or answers to ICE's checks. */
export async function isAlive(
  connection: Pick<MediaConnection, 'heard'>,
): Promise<boolean> {
  const before = await connection.heard();
  for (let waited = 0; waited < LIFE_WITHIN; waited += LOOK_EVERY) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    if ((await connection.heard()) !== before) return true;
  }
  return false;
}
