/* -DMA_NO_FMA computes as a machine without fused operations does. */
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__FP_FAST_FMA)
#ifndef MA_NO_FMA
#define MA_HAS_FMA 1
#endif
#endif

/* What comes before a loop whose elements do not depend on each other. */
#if defined(__clang__)
#define MA_EACH _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define MA_EACH _Pragma("GCC ivdep")
#else
#define MA_EACH
#endif
