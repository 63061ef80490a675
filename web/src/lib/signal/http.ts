import type {
  ApiError,
  ChangeCode,
  Directory,
  DocumentId,
  ErrorBody,
  ItemId,
  NewCode,
  Role,
  SignedIn,
  SiteId,
} from './protocol.gen';

/** The server, or the way to it, refused. */
export class Refused extends Error {
  readonly body: ErrorBody;
  /** The HTTP status; 0 when there was no answer, or when it came over the WebSocket. */
  readonly status: number;
  /** Seconds after which it may be tried again, where the server says so. */
  readonly retryAfter: number | null;

  constructor(body: ErrorBody, status = 0, retryAfter: number | null = null) {
    super(body.code);
    this.name = 'Refused';
    this.body = body;
    this.status = status;
    this.retryAfter = retryAfter;
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
    secondsOf(response.headers.get('retry-after')),
  );
}

/** `Retry-After` in seconds (RFC 9110 §10.2.3). A date, which our server never sends, is none. */
function secondsOf(retryAfter: string | null): number | null {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null;
}

function post(body: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/**
 * Signs this browser in; the cookie that comes back proves it from then on. `as`: with a site's code
 * as its wall screen.
 */
export async function signIn(site: SiteId, code: string, as?: 'display'): Promise<SignedIn> {
  return (await (await call('sign-in', post({ site, code, as }))).json()) as SignedIn;
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

/** Gives a (site, role) another code. Who came in with the old one is out, but for who asks. */
export async function changeCode(site: SiteId, role: Role): Promise<NewCode> {
  const change: ChangeCode = { site, role };
  return (await (await call('codes', post(change))).json()) as NewCode;
}

/** Where the attendance of a conference is downloaded. */
export function attendanceUrl(conference: string): string {
  return `/api/v1/conferences/${encodeURIComponent(conference)}/attendance.csv`;
}

/** Adds a file to an agenda item; answers its number. */
export async function uploadDocument(item: ItemId, title: string, file: File): Promise<DocumentId> {
  const query = new URLSearchParams({ item: String(item), title, name: file.name });
  const answer = await call(`documents?${query}`, { method: 'PUT', body: file });
  return ((await answer.json()) as { document: DocumentId }).document;
}

/** Where a document's file is given out. */
export function documentUrl(sha256: string): string {
  return `/api/v1/documents/${encodeURIComponent(sha256)}`;
}
