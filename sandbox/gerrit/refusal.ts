/** What Gerrit refuses, with the HTTP status and the plain text that its REST API answers. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
