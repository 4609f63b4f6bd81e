/**
 * The thread that writes: the only connection of the process that changes the database. It gets groups of batches, commits each
 * group in one transaction, and answers after the fsync. This file is loaded by path, as TypeScript in tests and as JavaScript when
 * built, which is why its imports name `.ts` (the compiler rewrites them) and why it uses types that can simply be erased.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Step } from '../write-batch.ts';
import { probeBeside, probeDisk } from '../disk/probe.ts';
import { openWriter } from './connection.ts';
import { GroupCommit, type BatchResult } from './group-commit.ts';
import { WriterConnection } from './writer-connection.ts';

/** A group, in the order in which its batches were handed over. */
export interface GroupMessage {
  readonly group: readonly (readonly Step[])[];
}

/** One result per batch, in the same order. */
export interface ResultMessage {
  readonly results: readonly BatchResult[];
}

const port = parentPort;
if (port === null) throw new Error('this file is a worker thread, and not a program');

const path = String(workerData);
const connection = new WriterConnection(() => openWriter(path));
const commit = new GroupCommit(connection, () => probeDisk(probeBeside(path)));

port.on('message', (message: GroupMessage | 'close') => {
  if (message === 'close') {
    connection.close();
    port.close();
    return;
  }
  const answer: ResultMessage = { results: commit.commit(message.group) };
  port.postMessage(answer);
  if (commit.broken) throw new Error('the disk failed under the database');
});
