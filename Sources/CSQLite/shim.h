#include <sqlite3.h>

// Swift cannot call the variadic sqlite3_db_config.
static inline int runs_sqlite3_keep_wal_on_close(sqlite3 *database) {
  return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

// The system's error of the last write to the write-ahead log that failed: SQLite tells EDQUOT and EFBIG as it tells a
// broken disk, and what `errno` says when it does may be of a later call.
static inline int runs_sqlite3_log_errno(sqlite3 *database) {
  sqlite3_file *file = 0;
  int number = 0;
  if (sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) != SQLITE_OK) return 0;
  if (!file || !file->pMethods) return 0;
  file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number);
  return number;
}
