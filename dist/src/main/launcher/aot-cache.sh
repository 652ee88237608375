# shellcheck shell=bash disable=SC2154,SC2034
# The caches of ahead-of-time work (JEP 483, 514, 515), one for each program: making them, and the options of a JVM that uses
# one. Sourced by launcher.sh. Whoever did that has set `cache_directory`, where they are.

readonly cached_programs=(source dest ferry)

# Whether the cache of a program was made with this Java and after these jars. The JVM looks again, and closer.
#   cache_fits PROGRAM CLASS_PATH
cache_fits() {
  local cache=$cache_directory/$1.aot jar jars
  [[ -r $cache && -r $cache_directory/release && $(<"$cache_directory/release") == "$(<"$JAVA_HOME/release")" ]] || return 1
  IFS=: read -r -a jars <<<"$2"
  for jar in "${jars[@]}"; do
    [[ ! $jar -nt $cache ]] || return 1
  done
}

# Sets `cache_options`, for the JVM of a program: to use its cache, or to write one while the caches are made.
#   choose_cache PROGRAM CLASS_PATH
choose_cache() {
  cache_options=()
  if [[ -n ${PAGEFERRY_AOT_OUTPUT:-} ]]; then
    cache_options=(-XX:AOTCacheOutput="$PAGEFERRY_AOT_OUTPUT/$1.aot")
  elif cache_fits "$1" "$2"; then
    # A JVM that finds that a cache does not fit says so on standard output, and goes on without.
    cache_options=(-XX:AOTCache="$cache_directory/$1.aot" -Xlog:aot=off)
  fi
}

# Makes the caches of all programs, by real migrations between two daemons. Fails, and prints why, if it cannot.
#   make_caches LAUNCHER CLASS_PATH     the class path is the command line's
make_caches() {
  local made=$cache_directory.new program
  rm -rf "$made"
  mkdir -p "$made" || return
  touch "$made/begun" || return
  if ! train_caches "$made" "$@" >"$made/training.log" 2>&1; then
    cat "$made"/*.log >&2
    rm -rf "$made"
    return 1
  fi
  for program in "${cached_programs[@]}"; do
    if [[ ! -s $made/$program.aot ]]; then
      cat "$made"/*.log >&2
      echo "ferry: Java made no cache for $program; the output of the training is above." >&2
      rm -rf "$made"
      return 1
    fi
    # Jars that were replaced meanwhile are newer than it.
    touch -r "$made/begun" "$made/$program.aot" || return
  done
  rm -f "$made"/*.log "$made/begun"
  cp "$JAVA_HOME/release" "$made/release" || return
  rm -rf "$cache_directory"
  mv "$made" "$cache_directory"
}

# Settings of the caller are not for the daemons of a training.
train_caches() (
  unset "${!PAGEFERRY_@}"
  PAGEFERRY_AOT_OUTPUT=$1 run_program training "$2" "$3" "$1"
)
