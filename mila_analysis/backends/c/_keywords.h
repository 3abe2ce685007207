#ifdef __GNUC__
#define MA_RESTRICT __restrict__
#define MA_INLINE static inline __attribute__((always_inline, unused))
#else
#define MA_RESTRICT
#define MA_INLINE static inline
#endif
