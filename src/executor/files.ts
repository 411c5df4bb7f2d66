import * as fs from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';

/** A file opened for reading; whoever opened it closes it. */
export interface OpenFile {
  stat(): Promise<fs.BigIntStats>;
  /** answers how many bytes were read */
  read(into: Buffer, at: number, length: number, position: number): Promise<number>;
  close(): Promise<void>;
}

interface Files {
  lstat(path: string): Promise<fs.Stats>;
  stat(path: string): Promise<fs.Stats>;
  /** with device, inode and times in full */
  exactStat(path: string): Promise<fs.BigIntStats>;
  readlink(path: string): Promise<string>;
  access(path: string, mode: number): Promise<void>;
  listDirectory(path: string): Promise<fs.Dirent[]>;
  open(path: string, flags: number): Promise<OpenFile>;
}

/** Never holds up the event loop: each call waits in a thread of node's own. */
const patient: Files = {
  lstat: (path) => fs.promises.lstat(path),
  stat: (path) => fs.promises.stat(path),
  exactStat: (path) => fs.promises.stat(path, { bigint: true }),
  readlink: (path) => fs.promises.readlink(path),
  access: (path, mode) => fs.promises.access(path, mode),
  listDirectory: (path) => fs.promises.readdir(path, { withFileTypes: true }),
  async open(path, flags) {
    const file = await fs.promises.open(path, flags);
    return {
      stat: () => file.stat({ bigint: true }),
      read: async (...of) => (await file.read(...of)).bytesRead,
      close: () => file.close(),
    };
  },
};

/** Waits for the file system itself, which takes a tenth of the time; only for a thread in which nobody else waits. */
const blocking: Files = {
  lstat: async (path) => fs.lstatSync(path),
  stat: async (path) => fs.statSync(path),
  exactStat: async (path) => fs.statSync(path, { bigint: true }),
  readlink: async (path) => fs.readlinkSync(path),
  access: async (path, mode) => fs.accessSync(path, mode),
  listDirectory: async (path) => fs.readdirSync(path, { withFileTypes: true }),
  async open(path, flags) {
    const file = fs.openSync(path, flags);
    return {
      stat: async () => fs.fstatSync(file, { bigint: true }),
      read: async (...of) => fs.readSync(file, ...of),
      close: async () => fs.closeSync(file),
    };
  },
};

/** What a thread is told that may wait for the file system, because it does nothing else. */
export const mayBlock = { mayBlock: true };

const isToldSo = (told: unknown): boolean => typeof told === 'object' && told !== null && 'mayBlock' in told;

/** The file calls of this thread. */
export const { lstat, stat, exactStat, readlink, access, listDirectory, open } =
  !isMainThread && isToldSo(workerData) ? blocking : patient;
