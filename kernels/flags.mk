# The flags of every build of these sources, `NAME = words` and nothing else: read by the Makefile here and by build.ts. Paths are from this folder.

# No contraction to fused multiply-adds: the variants, and the device, must round as JavaScript does.
CXXFLAGS = -std=c++17 -O3 -ffp-contract=off -fPIC -fvisibility=hidden -Wall -Wextra -I. -Iinclude
CXXFLAGS_AVX2 = -mavx2
# GCC takes its own intrinsics for reads of what was never written (bug 105593).
CXXFLAGS_AVX512 = -mavx512f -mavx512dq -mavx512vl -Wno-maybe-uninitialized
# Its own C++ runtime inside, which nobody else sees: what loads it need not have one as new, and may have one of its own. What it
# lacks on a machine is found when it is loaded, not at the first call.
LDFLAGS = -shared -static-libstdc++ -static-libgcc -Wl,--exclude-libs,ALL -Wl,--gc-sections -Wl,-z,now -pthread -ldl

# Code for sm_80, which also serves 8.6 and 8.9, and for sm_90; PTX that drivers compile for what came later.
NVCCFLAGS = -std=c++17 -O3 --fmad=false --cudart static -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90 -gencode arch=compute_90,code=compute_90 -Xcompiler -ffp-contract=off,-fPIC,-fvisibility=hidden,-Wall,-Wextra -I. -Iinclude
# As above; and nothing is left to whoever loads it: a missing function is found here.
NVCCLDFLAGS = -shared -Xcompiler -static-libstdc++,-static-libgcc -Xlinker --exclude-libs,ALL,--gc-sections,-z,defs,-z,now
