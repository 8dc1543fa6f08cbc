#!/bin/sh
# Makes this machine a till: Raspberry Pi OS 12 or 13, or Debian 12 or 13 on a desk without a Pi.
#
#   sudo systemd/install.sh               install, or bring up to this version; safe to repeat
#   systemd/install.sh --dry-run          say what would be changed, and change nothing
#   sudo systemd/install.sh --uninstall   take everything away but the journal in /var/lib/pos
#   ... --role counter | kiosk | checkout | gate   what this machine is; a counter if not said
#   ... --release-key FILE                whose signed releases it takes, as pos update key made it
#   ... --board pi | none                 for a file system that is made on another machine
#   ... --no-start                        install, and start nothing
#   ... --stage                           put the program beside the one that runs, and no more
#
# Each change is told before it is made. What was there before is noted in /opt/samkassa/installed,
# so that --uninstall takes away what was added and nothing else.
set -eu

STARTED_AS=$*
cd "$(dirname "$0")/.."
HERE=$PWD
HOME_DIR=/opt/samkassa
NOTES=$HOME_DIR/installed
APT_LOCK_WAIT_SECONDS=300
# Every unit of a till; those of a switch are set up as the README says.
UNITS=$(cd systemd && find . -name 'samkassa-*.service' -o -name 'samkassa-*.timer' | sed 's/^\.\///' |
    grep -v -e '^samkassa-switch@' -e '^samkassa-rates\.' | LC_ALL=C sort | tr '\n' ' ')
CHANGES=0

say() { printf '%s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }

DRY=no UNINSTALL=no START=yes STAGE=no BOARD='' ROLE='' RELEASE_KEY=''
while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) DRY=yes ;;
        --uninstall) UNINSTALL=yes ;;
        --no-start) START=no ;;
        --stage) STAGE=yes ;;
        --board) BOARD=${2:-}; shift ;;
        --role) ROLE=${2:-}; shift ;;
        --release-key) RELEASE_KEY=${2:-}; shift ;;
        -h | --help) sed -n '3,14s/^# \{0,1\}//p' systemd/install.sh; exit 0 ;;
        *) fail "I do not know $1; see --help." ;;
    esac
    shift
done
if [ -z "$BOARD" ]; then
    BOARD=none
    if grep -qs 'Raspberry Pi' /proc/device-tree/model; then BOARD=pi; fi
fi
case $BOARD in pi | none) ;; *) fail "--board is pi or none." ;; esac
[ -n "$ROLE" ] || ROLE=$(cat $NOTES/role 2>/dev/null || echo counter)
case $ROLE in counter | kiosk | checkout | gate) ;; *)
    fail "--role is counter, kiosk, checkout or gate." ;; esac
TILL=samkassa-$ROLE.service
[ -f "systemd/$TILL" ] || fail "This version has no unit for a $ROLE."
[ -z "$RELEASE_KEY" ] || [ -s "$RELEASE_KEY" ] || fail "There is no release key $RELEASE_KEY."
ENABLED="$TILL samkassa-night.timer samkassa-update.timer"

# change WHAT COMMAND...: tell it, count it, and do it.
change() {
    CHANGES=$((CHANGES + 1))
    say "  $1"
    shift
    [ $DRY = yes ] || "$@"
}

running() { [ -d /run/systemd/system ]; }

require_system() {
    [ -r /etc/os-release ] || fail "This is no Debian or Raspberry Pi OS; use ./run there instead."
    # shellcheck disable=SC1091
    . /etc/os-release
    case ${ID:-} in debian | raspbian) ;; *) fail "This is ${ID:-another system}, not Debian or" \
        "Raspberry Pi OS; use ./run there instead." ;; esac
    case ${VERSION_ID:-} in 12 | 13) ;; *) fail "Debian ${VERSION_ID:-of no number} is not tried;" \
        "use 12 or 13." ;; esac
    command -v systemctl >/dev/null || fail "systemd is missing: apt-get install systemd-sysv"
    [ $DRY = yes ] || [ "$(id -u)" = 0 ] || fail "Run it as root: sudo $0 $STARTED_AS"
}

# --- packages ---------------------------------------------------------------------------------

wanted_packages() {
    # OpenCV needs the first two libraries, pyzbar the third, USB printers the fourth.
    say python3 python3-venv libgl1 libglib2.0-0 libzbar0 libusb-1.0-0
    # Camera and pins of a Pi come from its own system, with which they must match.
    [ "$BOARD" = none ] || say python3-picamera2 python3-lgpio python3-numpy
}

# A package may be there under the name of its successor, as libzbar0t64 provides libzbar0.
# shellcheck disable=SC2016
there() {
    dpkg-query -W -f '${Status} ${Package} ${Provides}\n' "$1" "${1}t64" 2>/dev/null |
        grep -q 'ok installed'
}

# shellcheck disable=SC2016 # for dpkg-query to expand, here and below
names() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort; }

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=$APT_LOCK_WAIT_SECONDS "$@" \
        >/dev/null
}

add_packages() {
    before=$(mktemp) after=$(mktemp)
    names >"$before"
    apt_get update
    apt_get install --no-install-recommends "$@" ||
        fail "apt could not install $*: look at the lines above, then run this again."
    names >"$after"
    mkdir -p "$NOTES"
    comm -13 "$before" "$after" >>"$NOTES/packages"
    rm -f "$before" "$after"
}

install_packages() {
    missing=
    for package in $(wanted_packages); do
        there "$package" || missing="$missing $package"
    done
    # shellcheck disable=SC2086 # a list of words
    [ -z "$missing" ] || change "apt: install$missing" add_packages $missing
}

# --- the program ------------------------------------------------------------------------------

# Named by its version and its content: what was changed is another release.
release_name() {
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
    digest=$(find pos hardware pyproject.toml requirements.lock -type f ! -name '*.pyc' |
        LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum | cut -c 1-12)
    say "$version-$digest"
}

# The lock's versions as limits. On a Pi the system's own packages come first; where its numpy is
# of the first generation, as on Debian 12, so must be what is built on it.
limits() {
    if [ "$BOARD" = none ]; then
        sed -n 's/^\([a-z0-9-]*\)\(\[[a-z0-9, -]*\]\)\{0,1\}\(==[^ ;\\]*\)\( ; [^\\]*\)\{0,1\}.*$/\1\3\4/p' \
            requirements.lock
    elif /usr/bin/python3 -c 'import numpy, sys; sys.exit(numpy.__version__[:2] != "1.")' 2>/dev/null
    then printf 'numpy<2\nopencv-python<4.12\n'
    fi
}

make_release() {
    place=$HOME_DIR/releases/$1
    rm -rf "$place"
    mkdir -p $HOME_DIR/releases
    site=
    [ "$BOARD" = none ] || site=--system-site-packages
    # shellcheck disable=SC2086
    /usr/bin/python3 -m venv $site "$place"
    limits >"$place/limits.txt"
    source=$(mktemp -d)
    cp -R pos hardware pyproject.toml README.md LICENSE "$source/"
    index=
    [ ! -d wheels ] || index="--no-index --find-links $HERE/wheels"
    # shellcheck disable=SC2086 # a list of words
    "$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir $index \
        --constraint "$place/limits.txt" "$source" || {
        rm -rf "$place" "$source"
        fail "The Python packages could not be installed. Check the network and the free space," \
            "then run this again."
    }
    rm -rf "$source"
    "$place/bin/pos" --version >"$place/whole" # the last thing: without it the release is half
}

point_to() {
    mkdir -p "$NOTES"
    ln -sfn "releases/$1" $HOME_DIR/current.new && mv -T $HOME_DIR/current.new $HOME_DIR/current
    [ -e $HOME_DIR/bin ] || ln -sfn current/bin $HOME_DIR/bin
}

remove_old_releases() {
    # The one before stays, to go back to.
    find $HOME_DIR/releases -mindepth 1 -maxdepth 1 ! -name "$1" -printf '%T@ %p\n' | sort -rn |
        tail -n +2 | cut -d ' ' -f 2- | xargs -r rm -rf
}

install_program() {
    RELEASE=$(release_name)
    if [ ! -s "$HOME_DIR/releases/$RELEASE/whole" ]; then
        change "the program: $HOME_DIR/releases/$RELEASE, in a Python environment of its own" \
            make_release "$RELEASE"
    fi
    [ -e $HOME_DIR/current ] || change "$HOME_DIR/current leads to it" point_to "$RELEASE"
}

# Beside the release that runs, which goes on: the last word on standard output is its name.
stage_program() {
    RELEASE=$(release_name)
    [ -s "$HOME_DIR/releases/$RELEASE/whole" ] || make_release "$RELEASE" >&2
    say "$RELEASE"
}

# A till that sells meanwhile takes another release up between shifts, and goes back if it is bad.
take_up_program() {
    [ "$(readlink $HOME_DIR/current 2>/dev/null)" != "releases/$RELEASE" ] || return 0
    if running && systemctl --quiet is-active "$TILL"; then
        change "the till takes up $RELEASE, between shifts" take_up
    elif [ -e $HOME_DIR/current ]; then
        change "$HOME_DIR/current leads to $RELEASE" point_to "$RELEASE"
        [ $DRY = yes ] || remove_old_releases "$RELEASE"
    fi
}

# By the new release's own updater; the releases that nobody would go back to go with it.
take_up() {
    code=0
    "$HOME_DIR/releases/$RELEASE/bin/pos" update take --release "$RELEASE" || code=$?
    case $code in
        0) ;;
        3) say "  (it is taken up at night, or now and then: sudo pos update take)" ;;
        *) fail "The till stays with the release before; see the line above." ;;
    esac
}

# --- files ------------------------------------------------------------------------------------

# target, source and rights of every file that is put into the system.
files() {
    for unit in $UNITS; do say "/etc/systemd/system/$unit systemd/$unit 644"; done
    version=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
    [ "${version:-0}" -lt 254 ] ||
        say /etc/systemd/system/samkassa-counter.service.d/restart.conf \
            systemd/samkassa-counter-restart.conf 644
    say /etc/systemd/system.conf.d/samkassa.conf systemd/samkassa-system.conf 644
    say /etc/sysusers.d/samkassa.conf systemd/samkassa.sysusers 644
    say /etc/tmpfiles.d/samkassa.conf systemd/samkassa.tmpfiles 644
    say /etc/udev/rules.d/70-samkassa.rules systemd/70-samkassa.rules 644
    say /usr/lib/samkassa/halted systemd/halted 755
    say /usr/lib/samkassa/update systemd/update 755
    say /usr/local/bin/pos systemd/pos 755
    say /usr/share/samkassa/terminal.toml systemd/terminal.toml 644
    say /usr/share/doc/samkassa/README.md README.md 644
}

# put RIGHTS SOURCE TARGET: and note a folder that was not there before.
put() {
    folder=$(dirname "$3")
    if [ ! -d "$folder" ]; then
        mkdir -p "$NOTES"
        say "$folder" >>"$NOTES/folders"
    fi
    install -D -m "$1" "$2" "$3"
}

install_files() {
    while read -r target source rights; do
        if ! cmp -s "$HERE/$source" "$target" || [ "$(stat -c %a "$target")" != "$rights" ]; then
            change "$target" put "$rights" "$HERE/$source" "$target"
            TOUCHED="$TOUCHED $target"
        fi
    done <<END
$(files)
END
}

touched() { case $TOUCHED in *"$1"*) return 0 ;; *) return 1 ;; esac; }

# A group that a device rule names and this system does not have would keep the till from starting.
make_user() {
    getent group gpio >/dev/null || [ $DRY = yes ] || : >"$NOTES/gpio"
    getent passwd pos >/dev/null || change "the user pos, who cannot log in" systemd-sysusers \
        /etc/sysusers.d/samkassa.conf
}

make_folders() {
    if [ ! -f /etc/samkassa/terminal.toml ] || [ ! -d /etc/samkassa/keys ] || [ ! -d /var/lib/pos ] ||
        touched tmpfiles.d
    then
        change "/etc/samkassa with settings and keys, /var/lib/pos for the journal" \
            systemd-tmpfiles --create /etc/tmpfiles.d/samkassa.conf
    fi
    # A journal of an earlier installation is the new user's again.
    if [ -d /var/lib/pos ] && [ "$(stat -c %U /var/lib/pos)" != pos ]; then
        change "/var/lib/pos belongs to pos" chown -R pos:pos /var/lib/pos
    fi
}

note_role() {
    if [ "$(cat $NOTES/role 2>/dev/null)" != "$ROLE" ]; then
        change "this machine is a $ROLE" write_role
    fi
    for other in counter kiosk checkout gate; do
        [ $other = "$ROLE" ] || ! enabled samkassa-$other.service ||
            change "samkassa-$other.service starts no more" leave_role $other
    done
    if [ -n "$RELEASE_KEY" ] && ! cmp -s "$RELEASE_KEY" /etc/samkassa/release.pub; then
        change "/etc/samkassa/release.pub: whose releases are taken" \
            install -D -m 644 "$RELEASE_KEY" /etc/samkassa/release.pub
    fi
}

write_role() {
    mkdir -p "$NOTES"
    say "$ROLE" >"$NOTES/role"
}

leave_role() {
    systemctl --quiet disable "samkassa-$1.service"
    ! running || systemctl stop "samkassa-$1.service"
}

reload() {
    running || return 0
    if touched /etc/systemd; then systemctl daemon-reload; fi
    if touched udev; then
        udevadm control --reload || true
        udevadm trigger || true
    fi
}

# --- services ---------------------------------------------------------------------------------

enabled() { [ "$(systemctl is-enabled "$1" 2>/dev/null)" = enabled ]; }

give_up_console() {
    mkdir -p "$NOTES"
    : >"$NOTES/getty"
    systemctl --quiet disable getty@tty1.service
}

enable_services() {
    if enabled getty@tty1.service; then
        change "the first console is the till's: no login there any more" give_up_console
    fi
    for unit in $ENABLED; do
        enabled "$unit" || change "$unit starts with the machine" systemctl --quiet enable "$unit"
    done
    if running && [ $START = yes ]; then
        if ! systemctl --quiet is-active "$TILL"; then
            # shellcheck disable=SC2086 # a list of words
            change "the till starts now" systemctl restart --no-block $ENABLED
        fi
    fi
}

finish() {
    if [ $CHANGES = 0 ]; then say "Nothing to change: Samkassa is installed."; else
        say "$CHANGES changes$([ $DRY = no ] || printf ' would be made')."
    fi
    [ $DRY = no ] || return 0
    say
    say "pos check:"
    /usr/local/bin/pos check || say "Put right what is marked FAULT, then: sudo pos check"
    say
    say "Next: sudo pos enrol --switch URL --code CODE, with what pos scheme invite gave at the switch,"
    say "then: sudo systemctl restart samkassa-$ROLE"
}

install_all() {
    TOUCHED=
    say "Samkassa on this machine (board: $BOARD):"
    install_packages
    install_program
    install_files
    make_user
    make_folders
    [ $DRY = yes ] || reload
    note_role
    take_up_program
    enable_services
    finish
}

# --- and away again ---------------------------------------------------------------------------

# Purges what was added, unless that would take something else along.
remove_packages() {
    now=$(mktemp)
    names >"$now"
    added=$(sort -u "$NOTES/packages" | comm -12 - "$now" | tr '\n' ' ')
    rm -f "$now"
    [ -n "$added" ] || return 0
    # shellcheck disable=SC2086
    along=$(apt-get -s purge $added 2>/dev/null | sed -n 's/^Purg \([^ ]*\).*/\1/p' | sort -u)
    for package in $along; do
        case " $added " in *" $package "*) ;; *)
            say "  (other programs use what apt installed for the till, so it stays)"
            return 0 ;;
        esac
    done
    # shellcheck disable=SC2086
    apt_get purge $added || fail "apt could not remove $added; remove them by hand."
}

# The keys go, and without them nobody can ask what became of a payment.
require_finished() {
    [ -e /var/lib/pos/journal.db ] && [ -x /usr/local/bin/pos ] || return 0
    /usr/local/bin/pos payments | tail -n 1 |
        grep -q ' 0 unfinished, 0 refunds unfinished' ||
        fail "Something in the journal is unfinished, or it cannot be read, and without the keys" \
            "nobody could ask what became of it. First: sudo pos recover."
}

keep_journal() {
    chown -R root:root /var/lib/pos
    rmdir /var/lib/pos 2>/dev/null || say "  (kept: the journal in /var/lib/pos)"
}

uninstall_all() {
    [ $DRY = yes ] || require_finished
    say "Taking Samkassa away from this machine:"
    if running; then
        # shellcheck disable=SC2086
        change "the till is stopped" systemctl stop $UNITS || true
    fi
    for unit in $UNITS; do
        ! enabled "$unit" || change "$unit starts no more" systemctl --quiet disable "$unit"
    done
    if [ -e "$NOTES/getty" ]; then
        change "login on the first console again" systemctl --quiet enable getty@tty1.service
    fi
    if [ -s "$NOTES/packages" ]; then
        change "apt: remove what was installed for the till" remove_packages
    fi
    if [ -d /var/lib/pos ]; then change "/var/lib/pos becomes root's" keep_journal; fi
    if getent passwd pos >/dev/null; then change "the user pos" userdel pos; fi
    if [ -e "$NOTES/gpio" ]; then change "the group gpio" groupdel gpio; fi
    files | while read -r target _ _; do
        [ ! -e "$target" ] || { say "  $target"; [ $DRY = yes ] || rm -f "$target"; }
    done
    if [ $DRY = no ] && [ -s "$NOTES/folders" ]; then
        while read -r folder; do rmdir "$folder" 2>/dev/null || true; done <"$NOTES/folders"
    fi
    for folder in $HOME_DIR /etc/samkassa /usr/lib/samkassa /usr/share/samkassa \
        /usr/share/doc/samkassa
    do
        [ ! -e "$folder" ] || change "$folder" rm -rf "$folder"
    done
    if running; then
        systemctl daemon-reload
        udevadm control --reload || true
    fi
    say "Done."
}

require_system
if [ $UNINSTALL = yes ]; then uninstall_all
elif [ $STAGE = yes ]; then stage_program
else install_all; fi
