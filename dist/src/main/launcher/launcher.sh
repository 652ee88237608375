# shellcheck shell=bash disable=SC2154
# What the launcher of a source tree and that of an installed copy share: finding Java and running a program's JVM.
# Sourced. Whoever does so has set `java_programs`, the programs of a Java home that it needs; `cache_directory`, where caches
# of ahead-of-time work are; and before it runs a program `launcher_options`, options of its own for the JVM.

readonly required_java=25
launcher_directory=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly launcher_directory
# shellcheck source=dist/src/main/launcher/aot-cache.sh
source "$launcher_directory/aot-cache.sh"

# The major version of the Java in a directory; nothing if there is none, or a program that is needed is missing.
java_major() {
  local release=$1/release program line
  [[ -r $release ]] || return 0
  for program in "${java_programs[@]}"; do
    [[ -x $1/bin/$program ]] || return 0
  done
  while IFS= read -r line; do
    if [[ $line =~ ^JAVA_VERSION=\"(1\.)?([0-9]+) ]]; then
      printf '%s' "${BASH_REMATCH[2]}"
      return
    fi
  done <"$release"
}

is_recent() {
  local major
  major=$(java_major "$1")
  [[ -n $major && $major -ge $required_java ]]
}

search_places() {
  local place
  if [[ -n ${PAGEFERRY_JDK_PATH+set} ]]; then
    tr ':' '\n' <<<"$PAGEFERRY_JDK_PATH"
    return
  fi
  for place in /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* "${HOME:-/nonexistent}"/.sdkman/candidates/java/* \
    "${HOME:-/nonexistent}"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    printf '%s\n' "$place"
  done
  if [[ -x /usr/libexec/java_home ]]; then
    /usr/libexec/java_home -v "$required_java+" 2>/dev/null || true
  fi
}

java_home_on_path() {
  command -v java >/dev/null || return 0
  java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p' || true
}

# Prints a Java home: JAVA_HOME, else the oldest that is recent enough among the search places, else that on PATH.
find_java() {
  local candidate major best='' best_major=0
  if [[ -n ${JAVA_HOME:-} ]] && is_recent "$JAVA_HOME"; then
    printf '%s' "$JAVA_HOME"
    return
  fi
  while IFS= read -r candidate; do
    major=$(java_major "$candidate")
    [[ -n $major && $major -ge $required_java ]] || continue
    if [[ $best_major -eq 0 || $major -lt $best_major ]]; then
      best=$candidate best_major=$major
    fi
  done < <(search_places)
  if [[ -z $best ]]; then
    candidate=$(java_home_on_path)
    if [[ -n $candidate ]] && is_recent "$candidate"; then
      best=$candidate
    fi
  fi
  printf '%s' "$best"
}

# The class path of given jars and those of a directory, always in the same order: a cache holds for one class path.
#   class_path DIRECTORY [JAR ...]
class_path() {
  local LC_ALL=C IFS=: directory=$1
  shift
  local jars=("$@" "$directory"/*.jar)
  printf '%s' "${jars[*]}"
}

# Java reads arguments and names files in the locale's character encoding. Where that is ASCII, as it also is when the host
# does not have the locale that is named, no other letter gets through: the JVM is then given UTF-8.
use_utf8() {
  local encoding
  encoding=$(locale charmap 2>/dev/null) || encoding=''
  case $encoding in
    # The shell complains of a locale that the host lacks; Java does not.
    ANSI_X3.4-1968 | US-ASCII | '') { export LC_ALL=C.UTF-8; } 2>/dev/null ;;
  esac
}

# Becomes the JVM of a program: source, dest, node, image-serve, image-restore, ferry, bench, or training, which is a ferry that trains the caches.
#   run_program PROGRAM LAUNCHER CLASS_PATH [ARGUMENT ...]
run_program() {
  local program=$1 launcher=$2 class_path=$3 main_class kind=command option more=() options=() cache_options
  shift 3
  if ! pwd -P >/dev/null 2>&1; then
    echo "ferry: the current directory does not exist any more; change to another one." >&2
    exit 3
  fi
  case $program in
    source) main_class=io.pageferry.node.SourceMain kind=daemon ;;
    dest) main_class=io.pageferry.node.DestMain kind=daemon ;;
    # All daemons are one program: the destination's cache has most of what a node runs.
    node) main_class=io.pageferry.node.NodeMain kind=daemon program=dest ;;
    image-serve) main_class=io.pageferry.node.image.ImageServeMain kind=daemon program=source ;;
    image-restore) main_class=io.pageferry.node.image.ImageRestoreMain kind=daemon program=dest ;;
    bench) main_class=io.pageferry.bench.sitting.BenchCommand kind=bench ;;
    training) main_class=io.pageferry.cli.training.CacheTraining program=ferry ;;
    *) main_class=io.pageferry.cli.Ferry ;;
  esac
  # One by one, not as files with @: jcmd does not find a main class behind those.
  while IFS= read -r option; do
    [[ -z $option || $option == '#'* ]] || options+=("$option")
  done < <(cat "$launcher_directory"/{jvm,program,"$kind"}.options)
  use_utf8
  if [[ $kind == daemon ]]; then
    # glibc would keep an arena, and what was freed in it, for each thread.
    export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-1}
  fi
  choose_cache "$program" "$class_path"
  if [[ -n ${PAGEFERRY_JAVA_OPTS:-} ]]; then
    read -r -a more <<<"$PAGEFERRY_JAVA_OPTS"
  fi
  exec "$JAVA_HOME/bin/java" "${options[@]}" ${launcher_options[@]+"${launcher_options[@]}"} \
    ${cache_options[@]+"${cache_options[@]}"} ${more[@]+"${more[@]}"} -Dpageferry.launcher="$launcher" \
    -cp "$class_path" "$main_class" "$@"
}
