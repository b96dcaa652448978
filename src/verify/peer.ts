/**
 * fast-check, which draws the cases and shrinks them; users of the kit install it along with Normtape. The import is
 * static, so that `require`, Jest and bundles without modules can load the kit; scripts/checked-peer.mjs gives Node an
 * entry that says what to install if it is missing.
 */
export { default as fc } from 'fast-check';
