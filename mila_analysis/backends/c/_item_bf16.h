/* bf16: as float, and rounded once at the end. */
MA_INLINE const float *ma_taken_bf16(
    const uint16_t *from, float *row, size_t count, int copied)
{
    size_t i;
    (void)copied;
    if (count == MA_BLOCK) {
        MA_EACH
        for (i = 0; i < MA_BLOCK; i++)
            row[i] = ma_float_of_bf16(from[i]);
        return row;
    }
    for (i = 0; i < MA_BLOCK; i++)
        row[i] = ma_float_of_bf16(from[i < count ? i : count - 1]);
    return row;
}

MA_INLINE float *ma_place_bf16(uint16_t *to, float *row, size_t count)
{
    (void)to;
    (void)count;
    return row;
}

MA_INLINE void ma_store_bf16(uint16_t *to, const float *row, size_t count)
{
    size_t i;
    MA_EACH
    for (i = 0; i < count; i++)
        to[i] = ma_bf16_of_float(row[i]);
}

MA_INLINE void ma_scale_bf16(
    uint16_t *to, const float *row, const float *by, size_t count)
{
    size_t i;
    MA_EACH
    for (i = 0; i < count; i++)
        to[i] = ma_bf16_of_float(row[i] * by[i]);
}
