import { randomBytes } from 'node:crypto';

/** An account of the fake Gerrit. */
export interface GerritAccount {
  readonly id: number;
  readonly username: string;
  name: string;
  email: string;
  /** HTTP password or token. */
  password: string;
  /** Public keys, `ssh-ed25519 AAAA…`. */
  readonly sshKeys: string[];
  active: boolean;
  /** Milliseconds since the epoch. */
  readonly registered: number;
}

export interface NewAccount {
  readonly username: string;
  /** Default: the user name. */
  readonly name?: string;
  readonly email?: string;
  /** Default: a random one. */
  readonly password?: string;
  /** Public keys in the form of authorized_keys. */
  readonly sshKeys?: readonly string[];
  /** Names or UUIDs of groups that it becomes a member of. */
  readonly groups?: readonly string[];
}

export interface GerritGroup {
  /** 40 hex digits; `global:…` for the system's. */
  readonly uuid: string;
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly visibleToAll: boolean;
  /** UUID of the group that owns it. */
  readonly owner: string;
  readonly members: Set<number>;
  readonly created: number;
}

export interface NewGroup {
  readonly name: string;
  readonly description?: string;
  /** Default true; a hidden group is seen by its members and by administrators only. */
  readonly visibleToAll?: boolean;
  /** User names. */
  readonly members?: readonly string[];
}

export const REGISTERED_USERS = 'global:Registered-Users';
export const ANONYMOUS_USERS = 'global:Anonymous-Users';
export const PROJECT_OWNERS = 'global:Project-Owners';

export const systemGroups: ReadonlyMap<string, string> = new Map([
  [REGISTERED_USERS, 'Registered Users'],
  [ANONYMOUS_USERS, 'Anonymous Users'],
  [PROJECT_OWNERS, 'Project Owners'],
]);

const FIRST_ACCOUNT = 1_000_000;

/** Accounts and groups of the server: `admin` with Administrators, and Service Users, exist from the start. */
export class AccountBook {
  readonly accounts: GerritAccount[] = [];
  readonly groups: GerritGroup[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    const administrators = this.addGroup({ name: 'Administrators', description: 'Gerrit Site Administrators', visibleToAll: false });
    this.addGroup({ name: 'Service Users', description: 'Users who perform batch actions on Gerrit' }, administrators.uuid);
    this.addGroup({ name: 'Blocked Users', description: 'Blocked users.', visibleToAll: false }, administrators.uuid);
    this.addAccount({ username: 'admin', name: 'Administrator', email: 'admin@example.com', groups: ['Administrators'] });
  }

  /** @throws Error when the user name is taken or a group is unknown */
  addAccount(wanted: NewAccount): GerritAccount {
    if (this.byUsername(wanted.username) !== undefined) throw new Error(`username '${wanted.username}' already exists`);
    const account: GerritAccount = {
      id: FIRST_ACCOUNT + this.accounts.length,
      username: wanted.username,
      name: wanted.name ?? wanted.username,
      email: wanted.email ?? `${wanted.username}@example.com`,
      password: wanted.password ?? randomBytes(24).toString('base64url'),
      sshKeys: [...(wanted.sshKeys ?? [])],
      active: true,
      registered: this.#now(),
    };
    const groups = (wanted.groups ?? []).map((name) => this.groupNamed(name));
    this.accounts.push(account);
    for (const group of groups) group.members.add(account.id);
    return account;
  }

  addGroup(wanted: NewGroup, owner?: string): GerritGroup {
    const uuid = randomBytes(20).toString('hex');
    const members = (wanted.members ?? []).map((name) => this.named(name).id);
    const group: GerritGroup = {
      uuid,
      id: this.groups.length + 1,
      name: wanted.name,
      description: wanted.description ?? '',
      visibleToAll: wanted.visibleToAll ?? true,
      owner: owner ?? uuid,
      members: new Set(members),
      created: this.#now(),
    };
    this.groups.push(group);
    return group;
  }

  byUsername(username: string): GerritAccount | undefined {
    return this.accounts.find((each) => each.username === username);
  }

  byId(id: number): GerritAccount | undefined {
    return this.accounts[id - FIRST_ACCOUNT];
  }

  /** @throws Error when there is none */
  named(username: string): GerritAccount {
    const account = this.byUsername(username);
    if (account === undefined) throw new Error(`there is no account ${username}`);
    return account;
  }

  group(nameOrUuid: string): GerritGroup | undefined {
    return this.groups.find((each) => each.uuid === nameOrUuid || each.name === nameOrUuid || String(each.id) === nameOrUuid);
  }

  /** @throws Error when there is none */
  groupNamed(nameOrUuid: string): GerritGroup {
    const group = this.group(nameOrUuid);
    if (group === undefined) throw new Error(`there is no group ${nameOrUuid}`);
    return group;
  }

  /** UUIDs of all groups that an account is in, the system's included; undefined = nobody logged in. */
  groupsOf(account: GerritAccount | undefined): ReadonlySet<string> {
    if (account === undefined) return new Set([ANONYMOUS_USERS]);
    const own = this.groups.filter((each) => each.members.has(account.id)).map((each) => each.uuid);
    return new Set([REGISTERED_USERS, ANONYMOUS_USERS, ...own]);
  }

  isAdmin(account: GerritAccount | undefined): boolean {
    return account !== undefined && this.groupNamed('Administrators').members.has(account.id);
  }

  /** GroupControl.isVisible: open to all, or the reader is a member, an owner or an administrator. */
  seesGroup(reader: GerritAccount | undefined, group: GerritGroup): boolean {
    if (group.visibleToAll || this.isAdmin(reader)) return true;
    const groups = this.groupsOf(reader);
    return groups.has(group.uuid) || groups.has(group.owner);
  }
}
