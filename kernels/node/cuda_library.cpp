/** See cuda_library.h. */
#include "node/cuda_library.h"

#include <dlfcn.h>

namespace plimsoll {
namespace {

template <class Function>
bool find(void* handle, const char* name, Function& function, std::string& why) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  if (function == nullptr) why = std::string("it lacks ") + name;
  return function != nullptr;
}

}  // namespace

std::string CudaLibrary::lastError() const {
  char text[512];
  errorText(text, sizeof text);
  return text;
}

bool openCudaLibrary(const char* path, CudaLibrary& library, std::string& why) {
  void* handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* text = dlerror();
    why = text == nullptr ? "it does not load" : text;
    return false;
  }
  if (!find(handle, "plimsollCudaAbi", library.abi, why)) return false;
  const uint32_t abi = library.abi();
  if (abi != kAbi) {
    why = "ABI " + std::to_string(abi) + ", expected " + std::to_string(kAbi);
    return false;
  }
  return find(handle, "plimsollCudaProbe", library.probe, why) && find(handle, "plimsollCudaOpen", library.open, why) &&
         find(handle, "plimsollCudaScan", library.scan, why) && find(handle, "plimsollCudaClose", library.close, why) &&
         find(handle, "plimsollCudaErrorText", library.errorText, why);
}

CudaSession::~CudaSession() {
  if (handle != 0) library.close(handle);
}

}  // namespace plimsoll
