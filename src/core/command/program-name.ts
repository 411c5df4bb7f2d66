import { runsByOption } from './options.ts';
import { interpreters, multiCall, privileged, shells, wrappers } from './words.ts';

const known = [shells, interpreters, wrappers, privileged, multiCall, runsByOption];
const isKnown = (name: string): boolean => known.some((list) => list.has(name));

/**
 * The plain name of a program: no directories, no `.exe`, no version, machine or variant, lower case.
 * `/usr/bin/Python3.11` is `python`, `x86_64-linux-gnu-gcc-12` is `gcc`, `-bash` (a login shell) is `bash`.
 * A name that leads to no program known here stays whole.
 */
export function programName(path: string): string {
  const last = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const name = last
    .toLowerCase()
    .replace(/\.(?:exe|com|bat|cmd)$/, '')
    .replace(/^-/, '');
  if (name.length > nameMax) return name;
  if (/^ld(?:64)?(?:-linux|-musl|\.so)/.test(name)) return 'ld.so';
  if (name.startsWith('busybox')) return 'busybox'; // it compares no more of its own name than this
  for (let shorter = name; shorter !== ''; ) {
    if (isKnown(shorter)) return shorter;
    const next = withoutOneEnding(shorter);
    if (next === shorter) return name;
    shorter = next;
  }
  return name;
}

/** NAME_MAX of Linux: a longer one names no file. */
const nameMax = 255;

const machine =
  '(?:x86_64|x32|amd64|i[3-6]86|aarch64(?:_be)?|arm(?:64|eb|hf|v[5-8]l?)?|riscv(?:32|64)|powerpc(?:64)?(?:le)?|ppc(?:64)?(?:el|le)?|s390x?|mips(?:isa)?(?:32|64)?(?:r6)?(?:el)?|sparc(?:64)?|loongarch64|alpha|hppa|ia64|m68k)';

/** What distributions put around a name, one each. */
const endings: readonly RegExp[] = [
  new RegExp(`-${machine}(?:-.*)?$`, 's'), // perl5.36-x86_64-linux-gnu
  new RegExp(
    `^${machine}-(?:(?:pc|unknown|none|w64|redhat|suse|alpine|apple)-)?[a-z0-9_.]+-(?:(?:gnu|musl|uclibc|eabi|elf)[a-z0-9_.]*-)?`,
  ),
  /-?\d[\d.]{0,20}[a-z]{0,2}$/, // python3.11, gcc-12
  /-(?:dbg|debug|static|real|orig|original|bin|nox|gtk\d?|lucid|pgtk|tiny|multiarch|minimal|cgi|fpm|dev|stable|beta\d?|rc\d?|intel64|arm64)$/,
  /\.[a-z][a-z0-9_-]{0,15}$/, // vim.basic, nc.openbsd, pdb.py
];

function withoutOneEnding(name: string): string {
  for (const ending of endings) {
    const shorter = name.replace(ending, '');
    if (shorter !== name) return shorter;
  }
  return name;
}
