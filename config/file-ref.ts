import { z } from 'zod';

/** A file that is read where it lies, never copied into the config. Absolute once the config is loaded. */
export const fileRef = z.strictObject({ file: z.string().min(1).describe("Path of the file; relative to the config file's directory.") });
