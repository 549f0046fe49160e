// The fault table: what is done to an issuer, what must hold, and the test files that do it. A row is a line here and its
// files, which tell what they did with `tell` of bounds.ts; docs/faults.md says the same at length.

export interface FaultRow {
  readonly id: string;
  readonly fault: string;
  readonly mustHold: string;
  /** Below test/faults/. They run in both forms, by the bounds they take from bounds.ts. None: the whole form alone. */
  readonly files: readonly string[];
  /** In the whole form besides: what `npm run soak` runs in .ci/run anyway. */
  readonly fullFiles?: readonly string[];
  readonly fullEnvironment?: Readonly<Record<string, string>>;
  /** It measures, or needs every core: nothing runs beside it. */
  readonly alone?: boolean;
}

export const rows: readonly FaultRow[] = [
  {
    id: 'F1',
    fault: 'SIGKILL at the Nth write or fsync, and at random',
    mustHold: 'every answer with 200 is in the database, nothing is spent twice',
    files: ['kill_at_writes.fault.test.ts'],
    fullFiles: ['kill.soak.test.ts', 'kill_at_syscalls.soak.test.ts', 'people_kill.soak.test.ts'],
    fullEnvironment: { KILLS: '500' },
  },
  {
    id: 'F2',
    fault: 'the disk is full, and has room again',
    mustHold: 'writes get 503, key set and metadata 200, and it heals without a restart',
    files: ['disk_full.fault.test.ts'],
  },
  {
    id: 'F3',
    fault: 'fsync answers EIO, in a commit and in a checkpoint',
    mustHold: 'nothing is acknowledged after it, and the process ends',
    files: ['fsync_fails.fault.test.ts'],
  },
  {
    id: 'F4',
    fault: 'another process holds the write lock, or a long read',
    mustHold: 'a bounded wait, then 503 with Retry-After; the log is bounded once the read is over',
    files: ['locked.fault.test.ts'],
  },
  {
    id: 'F5',
    fault: 'the clock is set, by an hour, back, by 400 days',
    mustHold: 'nothing is signed until the keys were read anew; sessions, keys and refresh tokens stay',
    files: ['clock_jumps.fault.test.ts'],
  },
  {
    id: 'F6, F12',
    fault: 'SIGSTOP or a stalled event loop for longer than P, busy cores',
    mustHold: 'nothing is signed with what was known before; every lifetime is right',
    files: ['paused.fault.test.ts'],
  },
  {
    id: 'F7',
    fault: 'the way to Postgres is silent, cut, reset, refused or slow',
    mustHold: 'key set, metadata and status lists from memory, 503 soon for the rest; it heals, and no session is lost',
    files: ['postgres_degraded.fault.test.ts'],
  },
  {
    id: 'F8',
    fault: 'Postgres is killed under load and recovers, again and again',
    mustHold: 'every answer with 200 is in the database, nothing is spent twice, no node is restarted',
    files: ['postgres_restart.soak.test.ts'],
    fullEnvironment: { RESTARTS: '20' },
  },
  {
    id: 'F9',
    fault: 'the primary is gone, its synchronous standby takes over',
    mustHold: 'I1, I11: nothing confirmed is lost, what was spent or revoked stays so',
    files: ['postgres_failover.soak.test.ts'],
  },
  {
    id: 'F10',
    fault: 'nodes turn their keys at once, half of them paused',
    mustHold: 'I3, I10, I12: one key for each (alg, slot), one key set, every token verifies',
    files: ['turning_at_once.fault.test.ts', 'nodes_at_once.fault.test.ts'],
  },
  {
    id: 'F11',
    fault: 'thousands of idle connections; head, body or answer a byte at a time',
    mustHold: 'tokens are given meanwhile, descriptors are bounded and come back',
    files: ['connections.fault.test.ts'],
    alone: true,
  },
  {
    id: 'F13',
    fault: 'far too much for a heap of 128 MB',
    mustHold: 'it does not run out of memory',
    files: ['memory.fault.test.ts'],
    alone: true,
  },
  {
    id: 'F14',
    fault: 'SIGTERM at random under load',
    mustHold: 'no broken answer, nothing done goes untold, exit 0',
    files: ['terminated.fault.test.ts', 'drain.fault.test.ts'],
  },
  {
    id: 'F15',
    fault: 'a backup is restored, killed on the way; an SQLite database is moved, killed on the way',
    mustHold: 'one database is served, and nothing spent or revoked is good again',
    files: ['database_kill.fault.test.ts'],
    fullFiles: ['database_kill.soak.test.ts'],
  },
  {
    id: 'F16',
    fault: 'pages overwritten, the write-ahead log cut',
    mustHold: 'the start is refused, or goes on from a committed moment',
    files: ['damaged.fault.test.ts'],
  },
  {
    id: 'F17',
    fault: 'the key-encryption key is missing or another',
    mustHold: 'the start is refused; a running node signs on',
    files: ['kek_gone.fault.test.ts'],
    fullFiles: ['start_up.test.ts'],
  },
  {
    id: 'F18',
    fault: 'two versions on one database',
    mustHold:
      'both answer, each goes on with what the other wrote, and the old one starts on what the new one migrated',
    files: ['mixed_versions.fault.test.ts'],
  },
  {
    id: 'F20',
    fault: 'three times what it can do, at a constant rate',
    mustHold: 'it goes on answering, the key set too, and is itself again within 10 s',
    files: ['overload.fault.test.ts'],
    alone: true,
  },
];
