/* Has the memory of a later block brought nearer; where there is none, nothing happens. */
MA_INLINE void ma_ahead(const void *block, size_t size, int written)
{
#ifdef __GNUC__
    const char *later = (const char *)((uintptr_t)block + 2 * MA_BLOCK * size);
    size_t i;
    if (written)
        for (i = 0; i < MA_BLOCK * size; i += 64)
            __builtin_prefetch(later + i, 1);
    else
        for (i = 0; i < MA_BLOCK * size; i += 64)
            __builtin_prefetch(later + i, 0);
#else
    (void)block;
    (void)size;
    (void)written;
#endif
}
