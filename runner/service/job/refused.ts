/** A request that is answered with an error; the message is for whoever reads the step's log. */
export class Refused extends Error {
  override readonly name = 'Refused';
  /** The HTTP status. */
  readonly status: number;
  /** The word that the protocol at hand has for it. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Words of Twirp's with their statuses, as far as they are used (https://twitchtv.github.io/twirp/docs/errors.html). */
const statuses = {
  malformed: 400,
  bad_route: 404,
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  failed_precondition: 412,
} as const;

export function refused(code: keyof typeof statuses, message: string): Refused {
  return new Refused(statuses[code], code, message);
}
