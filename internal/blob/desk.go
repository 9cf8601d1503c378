package blob

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// incoming is where objects grow until they are whole, each process's in a
// folder of its own.
const incoming = reserved + "incoming"

// desk is one process's folder below incoming. It is locked as long as the
// process lives, which is how others know that it is not to be cleared.
type desk struct {
	dir  string
	lock *os.File
}

// takeDesk clears the folders that nobody holds and takes one.
func takeDesk(root *os.Root) (*desk, error) {
	if err := root.MkdirAll(incoming, 0o700); err != nil {
		return nil, err
	}
	left, err := fs.ReadDir(root.FS(), incoming)
	if err != nil {
		return nil, err
	}
	for _, e := range left {
		if err := clearDesk(root, path.Join(incoming, e.Name())); err != nil {
			return nil, err
		}
	}
	for {
		d, err := newDesk(root)
		if d != nil || err != nil {
			return d, err
		}
	}
}

// newDesk makes and locks a folder; nil when another process, which saw it
// before it was locked, has cleared it.
func newDesk(root *os.Root) (*desk, error) {
	d := &desk{dir: path.Join(incoming, rand.Text())}
	if err := root.Mkdir(d.dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := root.Open(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d.lock = lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if _, err := root.Stat(d.dir); err != nil {
		return nil, lock.Close()
	}
	return d, nil
}

// clearDesk removes what is below incoming unless a process holds it.
func clearDesk(root *os.Root, name string) error {
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = root.RemoveAll(name)
	} else if errors.Is(err, syscall.EWOULDBLOCK) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

// leave removes the folder and gives the lock back.
func (d *desk) leave(root *os.Root) error { return errors.Join(root.RemoveAll(d.dir), d.lock.Close()) }
