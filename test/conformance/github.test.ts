import { conformanceTests } from './cases.ts';

conformanceTests('sandbox', () => true);
