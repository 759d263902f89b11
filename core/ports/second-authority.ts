import { accessOff, type Access } from '#core/access.ts';
import type { Subject } from '#core/subject.ts';
import type { TargetRef } from '#core/target.ts';

/** Asks clusters whether somebody may reconcile a target. Whatever it says, policy has to allow the change as well. */
export interface SecondAuthority {
  /** What holds without asking; null when the cluster has to be asked. */
  known(cluster: string, subject: Subject | null): Access | null;
  /**
   * Asks the cluster. Never rejects: an error is an answer that denies.
   * @param epoch what is remembered counts for the same one only: the hash of the policies in force
   */
  ask(subject: Subject, target: TargetRef, epoch: string): Promise<Access>;
}

/** Where no cluster has one. */
export const noAuthority: SecondAuthority = {
  known: () => accessOff,
  ask: () => Promise.resolve(accessOff),
};
