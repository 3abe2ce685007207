/* 16-bit formats, as their bits. */

MA_INLINE float ma_float_of_bf16(uint16_t item)
{
    return ma_of_bits_f32((uint32_t)item << 16);
}

MA_INLINE uint16_t ma_bf16_of_float(float value)
{
    uint32_t bits = ma_bits_f32(value);
    uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    uint32_t nan = (bits >> 16) | 0x40u;
    return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
}

MA_INLINE float ma_float_of_f16(uint16_t item)
{
    uint32_t bits = item, size = (bits & 0x7fffu) << 13;
    float value = ma_of_bits_f32(size) * 5.192296858534828e+33f; /* 2^112 */
    uint32_t same = ma_bits_f32(value), top = size | 0x7f800000u;
    return ma_of_bits_f32((size >= 0x0f800000u ? top : same) | (bits & 0x8000u) << 16);
}

MA_INLINE uint16_t ma_f16_of_float(float value)
{
    uint32_t bits = ma_bits_f32(value), size = bits & 0x7fffffffu;
    uint32_t normal = (size + 0xfffu + ((size >> 13) & 1u) - 0x38000000u) >> 13;
    uint32_t tiny = ma_bits_f32(ma_of_bits_f32(size) + 0.5f) - 0x3f000000u;
    uint32_t finite = size < 0x38800000u ? tiny : normal;
    uint32_t top = size > 0x7f800000u ? 0x7e00u : 0x7c00u;
    return (uint16_t)((size >= 0x477ff000u ? top : finite) | (bits >> 16 & 0x8000u));
}
