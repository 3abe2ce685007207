/*
 * Mila and its exact partial derivatives.
 *
 *     f(x) = x * tanh(log(1 + exp(x + beta)))
 *     E = exp(beta + x)
 *
 * Strategy: homogeneous (holds on every float: no overflow, and limits at infinity).
 * Source: D. Misra, Mila (github.com/digantamisra98/Mila), 2019.
 *
 * Unverified: nothing has checked this file.
 * Recipe: {"backend": "javascript", "order": 2, "accuracy": "fast", "name": "mila",
 *     "title": "Mila", "formula": "x * tanh(log(1 + exp(x + beta)))", "parameters":
 *     [{"name": "beta", "value": "0", "meaning": "shift of softplus; 0 gives Mish"}],
 *     "source": "D. Misra, Mila (github.com/digantamisra98/Mila), 2019", "convention":
 *     ""}
 * Digest: f5926ca92d3e454c3e60c9b3da0bc3d25003b7a03e66ed5e66013300fe43cb85
 */

const _CUT = 700; // exp(-cut) is a normal number

const _MODEST = 2 ** 255; // its cube is no infinity

const _step = z => z > 0 ? 1 : 0;

const _modest = (v, tail) =>
  tail > 0 ? v : Math.min(Math.max(v, -_MODEST), _MODEST);

const _capped = size => size > _CUT ? _CUT : size;

const _tail = (size, capped) => capped === size ? 1 : Math.exp(capped - size);

// A rounding error, bounded where it is too large to matter, or NaN.
const _tame = (error, size, capped) =>
  capped === size ? error : error < -0.01 ? -0.01 : error < 0.01 ? error : 0.01;

// So many partials as asked for; each needs some of what is before it.
const _whole = (_count, x, beta) => {
  const z = x + beta;
  const part = z - x;
  const lost = x - (z - part) + (beta - part);
  const above = _step(z);
  const below = 1 - above;
  const size = Math.abs(z);
  const capped = _capped(size);
  const t = Math.exp(-capped);
  const error = _tame(lost, size, capped);
  const error_2 = (above - below) * error;
  const t_2 = t - t * error_2;
  const tail = _tail(size, capped);
  const p = Math.max(t_2, above);
  const tail_p = above > 0 ? 1 : tail;
  const coefficient = 1 + above;
  const coefficient_2 = 2 - above;
  const t_2_squared = t_2 * t_2;
  const form_2 = coefficient_2 + (2 * t_2 + coefficient * t_2_squared);
  const coefficient_3 = -1 - above;
  const coefficient_4 = -1 + above;
  const ratio = 1 + t_2 * (coefficient_4 + coefficient_3 * t_2) / form_2;
  const x_modest = _modest(x, tail_p);
  const term = x_modest * ratio;
  const f = term * p * tail_p;
  if (_count === 1) return [f];
  const form = coefficient_2 + coefficient * t_2;
  const form_3 = 1 + t_2;
  const form_2_squared = form_2 * form_2;
  const x_modest_2 = _modest(x, tail);
  const term_3 = x_modest_2 * form_3;
  const depth_2 = 2 * size;
  const capped_3 = _capped(depth_2);
  const decay_3 = Math.exp(-capped_3);
  const decay_4 = decay_3 - decay_3 * (2 * error_2);
  const tail_3 = _tail(depth_2, capped_3);
  const decay_5 = Math.max(decay_4, below);
  const tail_4 = above > 0 ? tail_3 : 1;
  const f_x = (form * form_2 + 4 * (term_3 * decay_5 * tail_4)) / form_2_squared * p * tail_p;
  if (_count === 2) return [f, f_x];
  const depth = coefficient * size;
  const capped_2 = _capped(depth);
  const decay = Math.exp(-capped_2);
  const decay_2 = decay - decay * (coefficient * error_2);
  const tail_2 = _tail(depth, capped_2);
  const ratio_2 = form_3 / form_2_squared;
  const term_2 = x_modest_2 * ratio_2;
  const f_beta = 4 * term_2 * decay_2 * tail_2;
  if (_count === 3) return [f, f_x, f_beta];
  const coefficient_5 = -2 + 4 * above;
  const coefficient_6 = -3 + 5 * above;
  const coefficient_7 = 2 - 5 * above;
  const coefficient_8 = 2 - 4 * above;
  const form_4 = coefficient_8 + t_2 * (coefficient_7 + t_2 * (coefficient_6 + coefficient_5 * t_2));
  const form_2_cubed = form_2_squared * form_2;
  const term_5 = x_modest_2 * form_4;
  const f_xx = 4 * ((2 * (form_3 * form_2) + term_5) / form_2_cubed) * decay_2 * tail_2;
  if (_count === 4) return [f, f_x, f_beta, f_xx];
  const f_xbeta = 4 * ((form_3 * form_2 + term_5) / form_2_cubed) * decay_2 * tail_2;
  if (_count === 5) return [f, f_x, f_beta, f_xx, f_xbeta];
  const ratio_3 = form_4 / form_2_cubed;
  const term_4 = x_modest_2 * ratio_3;
  const f_betabeta = 4 * term_4 * decay_2 * tail_2;
  return [f, f_x, f_beta, f_xx, f_xbeta, f_betabeta];
};

const f = (x, beta = 0) => _whole(1, x, beta)[0];
const f_x = (x, beta = 0) => _whole(2, x, beta)[1];
const f_beta = (x, beta = 0) => _whole(3, x, beta)[2];
const f_xx = (x, beta = 0) => _whole(4, x, beta)[3];
const f_xbeta = (x, beta = 0) => _whole(5, x, beta)[4];
const f_betabeta = (x, beta = 0) => _whole(6, x, beta)[5];
const all = (x, beta = 0) => {
  const _v = _whole(6, x, beta);
  return { f: _v[0], f_x: _v[1], f_beta: _v[2], f_xx: _v[3], f_xbeta: _v[4], f_betabeta: _v[5] };
};

export { f, f_x, f_beta, f_xx, f_xbeta, f_betabeta, all };
