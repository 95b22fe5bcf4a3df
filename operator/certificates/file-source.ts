import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CertificatePair, readPair } from './pair.ts';
import type { CertificateSource } from './source.ts';

/** A certificate in the files tls.crt and tls.key of a folder, as a mounted Secret has them; cert-manager's, for instance. */
export class FileCertificates implements CertificateSource {
  readonly note = undefined;
  readonly #directory: string;
  #current: CertificatePair | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get current(): CertificatePair | undefined {
    return this.#current;
  }

  async refresh(): Promise<void> {
    try {
      const [cert, key] = await Promise.all(['tls.crt', 'tls.key'].map((file) => this.#read(file)));
      if (cert === this.#current?.cert && key === this.#current?.key) return;
      // Read while they are being replaced, the two may not belong together; they do the next time.
      this.#current = readPair(cert ?? '', key ?? '');
    } catch (error) {
      throw new Error(`${this.#directory}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #read(file: string): Promise<string> {
    try {
      return await readFile(join(this.#directory, file), 'utf8');
    } catch (error) {
      throw new Error(`${file} can't be read (${(error as NodeJS.ErrnoException).code})`);
    }
  }
}
