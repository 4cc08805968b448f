/** How a registration is shared. */
export interface RegistrationScope {
  /**
   * Whether every module may use its providers without importing this registration. Only one registration of
   * an application may be global. Default: true.
   */
  readonly global?: boolean | undefined;
}

/**
 * Separates the option `global` from the others. What is no object is left to the reader of the others, which
 * refuses it.
 *
 * @throws {TypeError} if `global` is neither true nor false
 */
export function separateScope<Options extends RegistrationScope>(
  moduleName: string,
  options: Options,
): readonly [global: boolean, others: Omit<Options, 'global'>] {
  if (typeof options !== 'object' || (options as unknown) === null) return [true, options];
  const { global = true, ...others } = options;
  if (typeof global !== 'boolean') {
    throw new TypeError(`${moduleName}: global must be true or false, not a ${typeof global}`);
  }
  return [global, others];
}
