/* Functions of other files that these do not call: no compiler is to warn of them. */
MA_INLINE void ma_unused(void)
{
    (void)ma_accurate_f64;
    (void)ma_accurate_f32;
    (void)ma_accurate_f16;
    (void)ma_accurate_bf16;
}
