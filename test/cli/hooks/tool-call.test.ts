import { describe, expect, test } from 'vitest';
import { plainWords, readToolCall, submissionsFor, type ToolCall } from '../../../src/cli/hooks/tool-call.ts';

const call = (of: Partial<ToolCall> = {}): ToolCall => ({
  event: 'PreToolUse',
  tool: 'Bash',
  input: { command: 'npm test', description: 'Run the tests' },
  cwd: '/srv/app',
  session: 'abc123',
  use: 'toolu_01',
  ...of,
});
const inBash = (text: string) => ['/bin/bash', '--noprofile', '--norc', '-c', text];
const argvs = (of: Partial<ToolCall>) => {
  const ways = submissionsFor(call(of), 'Claude Code', 540);
  if ('fault' in ways) throw new Error(ways.fault);
  return ways.map((way) => {
    if (way.kind === 'command') return way.command.argv;
    return way.kind === 'question' ? way.question.text : way.kind;
  });
};

describe('the words of a command line', () => {
  test.each([
    ['npm test', ['npm', 'test']],
    ['git  commit -m fix', ['git', 'commit', '-m', 'fix']],
    ['make X=1 all', ['make', 'X=1', 'all']],
  ])('%s are plain', (text, words) => expect(plainWords(text)).toEqual(words));
  test.each([
    'ls; rm -rf x',
    'ls && x',
    'ls | sh',
    'ls > f',
    'echo $HOME',
    'ls *.ts',
    'ls ~',
    'a "b c"',
    "a 'b'",
    'a\nb',
    'A=1 make',
    'cd /tmp',
    '. x',
    'eval x',
    'exec x',
    'a `b`',
    'ls {a,b}',
    '',
    ' ls',
    'ls\tx',
    'ls !x',
    'a # b',
    'a\\b',
  ])('%j are the shell’s', (text) => expect(plainWords(text)).toBeUndefined());
});

describe('a tool call', () => {
  test('of the shell is a command that the agent runs itself, in its directory', () => {
    const ways = submissionsFor(call(), 'Claude Code', 540);
    expect(ways).toMatchObject([
      {
        kind: 'command',
        title: 'Claude Code: Bash',
        reason: 'Run the tests',
        agentRunId: 'abc123',
        ttlSeconds: 540,
        command: { argv: ['npm', 'test'], cwd: '/srv/app', mode: 'client' },
      },
      { command: { argv: inBash('npm test') } },
    ]);
  });
  test('of the shell that is more than words is the shell string it is', () =>
    expect(argvs({ input: { command: 'ls | wc -l' } })).toEqual([inBash('ls | wc -l')]));
  test('of Codex may be a list of arguments', () =>
    expect(argvs({ tool: 'shell', input: { command: ['bash', '-lc', 'ls'] } })).toEqual([['bash', '-lc', 'ls']]));
  test.each([
    ['outside of the sandbox', 'Bash', { dangerouslyDisableSandbox: true }],
    ['in the background', 'Bash', { run_in_background: true }],
    ['elsewhere', 'shell', { workdir: '/etc' }],
    ['with more rights', 'exec_command', { sandbox_permissions: 'require_escalated' }],
    ['without end', 'Monitor', { persistent: true }],
    ['with what a later version adds', 'Bash', { later: null }],
  ])('of the shell %s is a question that shows it', (_, tool, more) => {
    const [way] = argvs({ tool, input: { command: 'npm test', description: 'Run', timeout: 5, ...more } });
    const [[name, value]] = Object.entries(more) as [[string, unknown]];
    expect(way).toContain(`"${name}": ${JSON.stringify(value)}`);
    expect(way).toContain('"command": "npm test"');
  });
  test('of the shell stays a command with a description and a time-out alone', () =>
    expect(argvs({ input: { command: 'npm test', description: 'Run', timeout: 5, timeout_ms: 5 } })[0]).toEqual([
      'npm',
      'test',
    ]));
  test.each(['Monitor', 'PowerShell'])('of %s is a command as well', (tool) =>
    expect(argvs({ tool, input: { command: 'ls | more' } })).toEqual([
      tool === 'PowerShell' ? ['pwsh', '-NoProfile', '-NonInteractive', '-Command', 'ls | more'] : inBash('ls | more'),
    ]),
  );
  test('of a tool that is called like a member of every object is a question', () =>
    expect(argvs({ tool: 'constructor', input: { command: 'ls' } })[0]).toContain('constructor'));
  test('names itself in its question, so that an equal call is another one', () => {
    const [one] = argvs({ tool: 'Write', use: 'toolu_01' });
    expect(one).toContain('call toolu_01, session abc123');
    expect(argvs({ tool: 'Write', use: 'toolu_02' })[0]).not.toBe(one);
  });
  test('of another tool is a question with all of its input', () => {
    const ways = submissionsFor(
      call({ tool: 'Write', input: { file_path: '/a', content: 'x\ny' } }),
      'Claude Code',
      540,
    );
    const way = 'fault' in ways ? undefined : ways[0];
    if (way?.kind !== 'question') throw new Error('it is no question');
    expect(way.question.text).toContain('"content": "x\\ny"');
    expect(way.question.choices).toEqual(['allow', 'do not allow']);
  });
  test('of another tool that is too long is a fault, never cut', () =>
    expect(
      submissionsFor(call({ tool: 'Write', input: { content: 'x'.repeat(8_000) } }), 'Claude Code', 540),
    ).toMatchObject({
      fault: expect.stringContaining('smaller steps'),
    }));
  test('made once is one request, whatever is made next is another', () => {
    const keys = [call(), call(), call({ use: 'toolu_02' })].map(
      (each) => (submissionsFor(each, 'Claude Code', 540) as { idempotencyKey: string }[])[0]?.idempotencyKey,
    );
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(keys[2]);
  });
});

describe('what stands on standard input', () => {
  const payload = {
    session_id: 'abc123',
    transcript_path: '/t.jsonl',
    cwd: '/srv/app',
    permission_mode: 'default',
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    tool_input: { command: 'npm test' },
    tool_use_id: 'toolu_01',
  };
  test('is read as documented, with what vendors add', () =>
    expect(readToolCall(JSON.stringify({ ...payload, new_member: 1 }))).toEqual({
      event: 'PreToolUse',
      tool: 'Bash',
      input: { command: 'npm test' },
      cwd: '/srv/app',
      session: 'abc123',
      use: 'toolu_01',
    }));
  test.each([
    ['', 'not JSON'],
    ['{', 'not JSON'],
    ['[]', 'payload'],
    ['null', 'payload'],
    [JSON.stringify({ ...payload, hook_event_name: 'Stop' }), 'hook_event_name'],
    [JSON.stringify({ ...payload, tool_input: 'ls' }), 'tool_input'],
    [JSON.stringify({ ...payload, tool_name: '' }), 'tool_name'],
    [JSON.stringify({ ...payload, cwd: 'app' }), 'cwd'],
  ])('%j is a fault', (text, fault) =>
    expect(readToolCall(text)).toMatchObject({ fault: expect.stringContaining(fault) }),
  );
});
