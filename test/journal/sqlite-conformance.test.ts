import { journalConformance } from '../conformance/journal.ts';
import { SqliteWorld } from './sqlite-world.ts';

journalConformance('sqlite', () => SqliteWorld.open());
