import type { ApiError, Directory, ErrorBody, SignedIn, SiteId } from './protocol.gen';

/** The server, or the way to it, refused. */
export class Refused extends Error {
  readonly body: ErrorBody;
  /** The HTTP status; 0 when there was no answer, or when it came over the WebSocket. */
  readonly status: number;

  constructor(body: ErrorBody, status = 0) {
    super(body.code);
    this.name = 'Refused';
    this.body = body;
    this.status = status;
  }
}

const UNREACHABLE: ErrorBody = {
  code: 'unreachable',
  message: {
    vi: 'Không liên lạc được với máy chủ. Hãy kiểm tra mạng rồi thử lại.',
    en: 'The server cannot be reached. Check the network, then try again.',
  },
};

/** Asks the HTTP interface; throws `Refused` unless the answer is a success. */
export async function call(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, { credentials: 'same-origin', ...init });
  } catch {
    throw new Refused(UNREACHABLE);
  }
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as ApiError | null;
  throw new Refused(
    body?.error ?? { code: `http-${response.status}`, message: UNREACHABLE.message },
    response.status,
  );
}

/** Signs this browser in; the cookie that comes back proves it from then on. */
export async function signIn(site: SiteId, code: string): Promise<SignedIn> {
  const response = await call('sign-in', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ site, code }),
  });
  return (await response.json()) as SignedIn;
}

/** Who this browser is signed in as; null when it is not. Throws when the server cannot say. */
export async function currentSession(): Promise<SignedIn | null> {
  try {
    return (await (await call('session')).json()) as SignedIn;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return null;
    throw error;
  }
}

/** Forgets this browser's sign-in. */
export async function signOut(): Promise<void> {
  await call('sign-out', { method: 'POST' });
}

/** The conference's title and sites; null when the server cannot say. */
export async function directory(): Promise<Directory | null> {
  try {
    return (await (await call('sites')).json()) as Directory;
  } catch {
    return null;
  }
}

/** Where the attendance of a conference is downloaded. */
export function attendanceUrl(conference: string): string {
  return `/api/v1/conferences/${encodeURIComponent(conference)}/attendance.csv`;
}
