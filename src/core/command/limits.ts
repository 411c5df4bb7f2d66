/** Limits of one command; what is over them is refused, never cut. */
export const commandLimits = {
  /** arguments, argv[0] included */
  args: 1_024,
  /** UTF-16 code units of one argument, environment value or stdin as parsed; Linux's own limit is 128 KiB (MAX_ARG_STRLEN) */
  textLength: 65_536,
  envNames: 128,
  /** bytes of argv + env + stdin together that a person can be asked to read */
  approvableBytes: 64 * 1024,
  /** a file operand larger than this is named, not bound */
  boundFileBytes: 1024 * 1024,
  timeoutSecondsMax: 86_400,
} as const;

export const defaultTimeoutSeconds = 600;
