import { WrongInput } from '../../host/fault.ts';

/** What is thrown for an entry of a layer, by its name. */
export function refusedEntry(name: string, why: string): WrongInput {
  return new WrongInput([{ message: `the image is refused: ${JSON.stringify(name.slice(0, 200))}: ${why}` }]);
}
