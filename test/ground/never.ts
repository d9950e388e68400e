/** Of what is never called off. */
export const never = new AbortController().signal;
