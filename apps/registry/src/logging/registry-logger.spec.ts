import { describe, expect, it } from 'vitest';
import type { LogSettings } from '../config/registry-config.js';
import { RegistryLogger } from './registry-logger.js';

const SETTINGS: LogSettings = { level: 'info', formatter: 'json', fields: {}, accessLog: true };
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;

/** A logger, and the lines that it wrote. */
function logger(settings: Partial<LogSettings>): { log: RegistryLogger; lines: string[] } {
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(line) };
  return { log: new RegistryLogger({ ...SETTINGS, ...settings }, output), lines };
}

describe('the log', () => {
  it('writes JSON objects with upstream’s keys and names of levels', () => {
    const { log, lines } = logger({});
    log.warn('endpoint ci fails', { endpoint: 'ci', event: '0192' }, 'EndpointSink');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: 'warning',
        time: TIME,
        component: 'EndpointSink',
        endpoint: 'ci',
        event: '0192',
        msg: 'endpoint ci fails',
      },
    ]);
  });

  it('writes what Logstash reads', () => {
    const { log, lines } = logger({ formatter: 'logstash', fields: { service: 'registry' } });
    log.log('ready', 'Registry');
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      '@timestamp': TIME,
      '@version': '1',
      type: 'log',
      level: 'info',
      message: 'ready',
      service: 'registry',
      component: 'Registry',
    });
  });

  it('writes upstream’s text: time, level and message first, then keys in order, quoted where they must be', () => {
    const { log, lines } = logger({ formatter: 'text', fields: { zone: 'b 2', environment: 'staging' } });
    log.log('he said "now"\nand went', { endpoint: 'ci' });
    expect(lines).toEqual([
      expect.stringMatching(
        /^time="[^"]+" level=info msg="he said \\"now\\"\\nand went" endpoint=ci environment=staging zone="b 2"\n$/,
      ),
    ]);
  });

  it('says nothing below its level', () => {
    const { log, lines } = logger({ level: 'error' });
    log.warn('warned');
    log.log('told');
    log.debug('debugged');
    expect(lines).toEqual([]);
    log.error('failed');
    expect(lines).toHaveLength(1);
  });

  it('keeps a configured field apart from a line’s own keys', () => {
    const { log, lines } = logger({ fields: { msg: 'mine', level: 'mine' } });
    log.log('hello');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      msg: 'hello',
      level: 'info',
      'fields.msg': 'mine',
      'fields.level': 'mine',
    });
  });

  it('tells an error with its stack, and the class that met it', () => {
    const { log, lines } = logger({});
    log.error('request 1 failed', 'Error: oh\n    at here', 'Http');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      msg: 'request 1 failed',
      stack: 'Error: oh\n    at here',
      component: 'Http',
    });
  });

  it('hides what the framework tells of its own start from everybody but debuggers', () => {
    const { log, lines } = logger({});
    log.log('Mapped {/v2, GET} route', 'RouterExplorer');
    expect(lines).toEqual([]);
  });
});
