/** A site without a person: `diemcau agent join`, which shows, sounds and reports what it received. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { end, isOver } from './child';
import type { Server } from './server';

/** What an agent says of its stay. */
export interface AgentReport {
  site: string;
  /** Packets of sound by the site that they came from. */
  heard: Record<string, number>;
  slots: { kind: string; sources: { site: string | null; frames: number }[] }[];
}

export class Agent {
  #printed = '';

  private constructor(
    readonly site: string,
    readonly process: ChildProcess,
  ) {
    process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#printed += text));
  }

  /** Starts one; its site is seen to be linked when it is in. It stays as long as any test. */
  static join(server: Server, site: string): Agent {
    const words = ['agent', 'join', '--server', server.url, '--site', site, '--seconds', '1200', '--json'];
    return new Agent(site, server.spawn(words, { DIEMCAU_AGENT_CODE: server.code(site, 'site') }));
  }

  /** Its tone, which follows from its id alone; hertz. */
  get tone(): number {
    return 400 + 100 * (fingerprint(this.site) % 24);
  }

  /** It leaves as a person does, and tells what it received. */
  async leave(): Promise<AgentReport> {
    if (isOver(this.process)) throw new Error(`the agent of ${this.site} has ended: ${this.#printed}`);
    const gone = once(this.process, 'close');
    this.process.kill('SIGINT');
    await gone;
    return JSON.parse(this.#printed) as AgentReport;
  }

  /** However the test ended. */
  async end(): Promise<void> {
    await end(this.process);
  }
}

/** FNV-1a, 32 bits. */
function fingerprint(text: string): number {
  return [...Buffer.from(text)].reduce((hash, byte) => Math.imul(hash ^ byte, 0x0100_0193) >>> 0, 0x811c_9dc5);
}
