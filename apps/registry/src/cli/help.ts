/** What `--help` prints. */
export const HELP = `Herald, an OCI container registry whose notifications cannot be lost.

Usage:
  herald serve [CONFIG] [--ignore-existing]   run the registry until SIGTERM or SIGINT
  herald check [CONFIG]                       judge a configuration and print what is in effect, secrets redacted
  herald repositories delete NAME [--config CONFIG]
                                              delete a repository and all that is in it, with or without a running server
  herald backup DIR [--hold DURATION]         copy the database, running or not, and list the blobs that belong to it
  herald backup release                       the blobs are copied: let garbage collection go on
  herald restore DIR [--replace]              put the database of a backup in its place, and name the blobs that are missing
  herald gc [CONFIG] [--dry-run] [--force]    remove manifests, blobs and contents that nobody needs, running or not
  herald endpoints [list]                     show the endpoints of the running server: state, lag, counts
  herald endpoints show NAME                  show one: breaker, lanes that are behind, last attempts
  herald endpoints pause|resume|disable|enable|test NAME
                                              hold an endpoint, go on, keep nothing for it, go on after that, or try it
  herald endpoints drain NAME [--timeout DURATION]
                                              send what is pending now, and wait until it is done (60s)
  herald events show ID                       show an event, and what became of it at each endpoint
  herald events list|tail [--after N] [--limit N] [--type TYPE] [--lane LANE]
                                              show the event log, or follow it; TYPE may end with *
  herald dead-letters list NAME               show what an endpoint did not take
  herald dead-letters redrive NAME [ID]       send all of it, or one, again
  herald dead-letters delete NAME ID          give one up
  herald replay start NAME [--from-sequence N] [--to-sequence N] [--since TIME] [--until TIME] [--event ID] [--action A]
                     [--type T] [--repository R] [--dead-letters] [--letter ID] [--rate 100/s] [--dry-run] [--follow]
                                              send events to an endpoint again, marked Herald-Replay, behind its live events
  herald replay list [NAME] | show ID [--follow] | cancel ID
                                              show replays, wait for the end of one, or end it
  herald import [CONFIG] [--verify]           adopt the volume of Distribution under storage.filesystem.rootdirectory in
                                              place; go on with an import that was interrupted
  herald import [CONFIG] --unreadable         list what an import could not read
  herald reload                               have the running server read its configuration again: endpoints are added,
                                              changed and removed without a restart (SIGHUP does the same)
  herald export-links [CONFIG]                write the links and manifests that Distribution needs to serve the volume again
  herald verify [CONFIG] [--remove-strays]    read every blob and manifest, and name what is missing, wrong or a file that
                                              nothing knows
  herald version                              print the version (also --version, -v)
  herald help [COMMAND]                       print this text, or the help of a command (also --help, -h)

Options of serve:
  --ignore-existing   start with an empty registry although the data directory holds another registry's repositories

Options of import, export-links and verify:
  --verify            import reads every blob and compares it with its digest; by default it looks at the lengths alone
  --remove-strays     verify removes the files of blobs that no row knows. It refuses before a finished import, while links
                      are unreadable, and when there are links that no import has seen
  --json              print JSON, one document a line, for programs
  They work while no server runs, and tell their progress on stderr. Import changes nothing in the volume.

Options of backup:
  --hold DURATION     how long garbage collection leaves the listed blobs alone unless released (default 24h, at most 720h)
  --json, --config    as below; it works without a running server too

Options of restore:
  --replace           a database that is there is moved aside, as herald.db.replaced-TIME; without it, it is left alone
  --json, --config    as below; it works while no server runs

Options of gc:
  --dry-run           remove nothing, and say what would go
  --force             go ahead although links of an imported volume could not be read
  --json, --config    as below; it works without a running server too, and progress is told on stderr

Options of endpoints, events and dead-letters:
  --json              print JSON, one document a line, for programs
  --config CONFIG     the configuration of the server; it must run

Configuration:
  CONFIG is Distribution's config.yml (version: 0.1). Without it, the file that REGISTRY_CONFIGURATION_PATH names is
  read. Without either, Herald serves 127.0.0.1:5000 with its data under ./data.
  An unknown key or a bad value stops the start; all faults are told at once, by their paths.

Environment:
  REGISTRY_<KEY>_<KEY>…   overrides a key of the file; the value is YAML. Items of lists go by index from 0:
                            REGISTRY_HTTP_ADDR=:5000
                            REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/var/lib/registry
                            REGISTRY_NOTIFICATIONS_ENDPOINTS_0_URL=https://receiver.example.com/events
                            REGISTRY_NOTIFICATIONS_ENDPOINTS='[{name: hook, url: https://receiver.example.com}]'
                          In the name of a header an underscore stands for a hyphen.
                          Variables that match no key are warned about and ignored.

Secrets:
  Values of headers, URLs, http.secret, admin.token, signing keys and certificates with their keys may be references:
  file:/run/secrets/token (the content of the file) or env:TOKEN (an environment variable).

Exit codes:
  0  stopped cleanly, or the configuration is good
  1  the start failed
  2  wrong usage
  3  the configuration is invalid
  4  the data directory is in use by another process
  5  the registry refused what was asked of it
  6  no server runs with this configuration
  7  the work is done, and faults were found; of a replay: not every event was taken
  130  interrupted while following; what was followed goes on
`;
