import type { Language } from '../i18n';
import type { Role } from '../signal/protocol.gen';

const PAGES: Record<Role, string> = {
  chair: '/help/chu-toa',
  deputy: '/help/chu-toa',
  secretary: '/help',
  technician: '/help/ky-thuat-vien',
  site: '/help/diem-cau',
  display: '/help/man-hinh',
};

/** The page of instructions for a role; without one, the list of them. */
export function helpUrl(role: Role | null, language: Language): string {
  const page = role === null ? '/help' : PAGES[role];
  return language === 'en' ? `${page}/en` : page;
}
