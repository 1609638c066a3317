# A compiler for wasm32-unknown-unknown out of Debian's archive, for machines where rustup cannot download the target.
#
# Debian's rustc-web is unpacked (not installed) into a cache folder. Its packages hold no standard library for this
# target, but rust-web-src holds the library's source: std is compiled once, with bitcode so that plugins can use
# link-time optimisation, by that compiler with the cargo and the linker of the installed Rust.
#
# Answers NAME=value lines on stdout for the guest's cargo; speaks to people on stderr. Nothing outside the cache
# folder changes (but `apt-get update` runs if the archive's list is missing).
set -euo pipefail

target=wasm32-unknown-unknown
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pos-wasm-toolchain
usr=$cache/usr

say() { echo "pos-plugin-build: $*" >&2; }
fail() { say "$*"; exit 1; }
candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p' | grep -v '(none)' || true; }

case $(dpkg --print-architecture) in
  amd64) triplet=x86_64-linux-gnu ;;
  arm64) triplet=aarch64-linux-gnu ;;
  *) fail "no recipe for the architecture $(dpkg --print-architecture)" ;;
esac
export LD_LIBRARY_PATH=$usr/lib/$triplet

fetch() {
  [ -n "$(candidate rustc-web)" ] || apt-get update >&2 || true
  version=$(candidate rustc-web | grep -o '^[0-9]*\.[0-9]*' || true)
  [ -n "$version" ] || fail "the archive has no package rustc-web (Debian 12 or later has it)"
  llvm=$(apt-cache depends "libstd-rust-web-$version" | awk '/Depends: libllvm/ { print $2; exit }')
  say "downloading rustc-web $(candidate rustc-web) into $cache (about 150 MB, once)"
  mkdir -p "$cache/deb"
  ( cd "$cache/deb" && apt-get download -q rustc-web libstd-rust-web-dev "libstd-rust-web-$version" $llvm rust-web-src >&2 ) \
    || fail "the packages cannot be downloaded; is there a network?"
  for package in "$cache"/deb/*.deb; do
    case $package in
      */rust-web-src_*) # of all the source only the standard library
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$cache" --wildcards './usr/lib/rustlib/src' './usr/src/rustc-*/library' ;;
      *) dpkg -x "$package" "$cache" ;;
    esac
  done
}

build_std() {
  say "compiling the standard library for $target (about a minute, once)"
  crate=$cache/stdbuild
  mkdir -p "$crate/src"
  printf '[package]\nname = "stdbuild"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n[profile.release]\npanic = "abort"\n' > "$crate/Cargo.toml"
  echo '#![no_std]' > "$crate/src/lib.rs"
  # Panic messages of std should not tell in whose home folder it was built.
  remap="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$cache=/rustc"
  ( cd "$crate" && RUSTC=$usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cembed-bitcode=yes -Copt-level=s $remap" \
      cargo build --release --target "$target" --target-dir "$crate/target" -Zbuild-std=std,panic_abort -Zbuild-std-features= >&2 ) \
    || fail "the standard library does not compile"
  library=$usr/lib/rustlib/$target/lib
  mkdir -p "$library"
  cp "$crate/target/$target"/release/deps/lib*.rlib "$library/"
  cp "$crate/target/$target"/release/deps/lib*.rmeta "$library/" 2>/dev/null || true
  rm -f "$library"/libstdbuild*
}

mkdir -p "$cache"
# Two builds at once must not unpack over each other.
exec 9> "$cache/lock"
flock 9
if [ ! -e "$cache/ready" ]; then
  rm -rf "$usr" "$cache/deb" "$cache/stdbuild"
  fetch
  build_std
  rm -rf "$cache/deb" "$cache/stdbuild"
  touch "$cache/ready"
fi

host=$(env -u LD_LIBRARY_PATH rustc -vV | sed -n "s/^host: //p")
linker=$(env -u LD_LIBRARY_PATH rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
[ -x "$linker" ] || linker=$(command -v wasm-ld || command -v lld || true)
[ -n "$linker" ] || fail "no linker for WebAssembly: neither rust-lld in the installed Rust nor wasm-ld"
say "using Debian's $("$usr/bin/rustc" --version) from $cache"
echo "RUSTC=$usr/bin/rustc"
echo "LD_LIBRARY_PATH=$LD_LIBRARY_PATH"
echo "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker"
