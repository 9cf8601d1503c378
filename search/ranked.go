package search

// ranked is an ordered set with ranks: a treap whose priorities are hashes of
// the order of insertion. Every operation is O(log n). What it holds and
// answers depends on the set alone.
type ranked[T any] struct {
	compare func(a, b T) int // 0 means the same element
	root    *rankedNode[T]
	made    uint64
}

type rankedNode[T any] struct {
	value       T
	priority    uint64
	size        int
	left, right *rankedNode[T]
}

func newRanked[T any](compare func(a, b T) int) *ranked[T] { return &ranked[T]{compare: compare} }

func (n *rankedNode[T]) len() int {
	if n == nil {
		return 0
	}
	return n.size
}

func (n *rankedNode[T]) fix() { n.size = n.left.len() + n.right.len() + 1 }

// len is the number of elements.
func (r *ranked[T]) len() int { return r.root.len() }

// insert adds v, which must not be in the set.
func (r *ranked[T]) insert(v T) {
	r.made++
	less, rest := r.split(r.root, v)
	r.root = merge(merge(less, &rankedNode[T]{value: v, priority: mix(r.made, 0), size: 1}), rest)
}

// remove takes v out, which must be in the set.
func (r *ranked[T]) remove(v T) { r.root = r.without(r.root, v) }

func (r *ranked[T]) without(n *rankedNode[T], v T) *rankedNode[T] {
	switch c := r.compare(v, n.value); {
	case c < 0:
		n.left = r.without(n.left, v)
	case c > 0:
		n.right = r.without(n.right, v)
	default:
		return merge(n.left, n.right)
	}
	n.fix()
	return n
}

// split divides the elements below v from the others.
func (r *ranked[T]) split(n *rankedNode[T], v T) (less, rest *rankedNode[T]) {
	if n == nil {
		return nil, nil
	}
	if r.compare(n.value, v) < 0 {
		n.right, rest = r.split(n.right, v)
		n.fix()
		return n, rest
	}
	less, n.left = r.split(n.left, v)
	n.fix()
	return less, n
}

func merge[T any](a, b *rankedNode[T]) *rankedNode[T] {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	if a.priority > b.priority {
		a.right = merge(a.right, b)
		a.fix()
		return a
	}
	b.left = merge(a, b.left)
	b.fix()
	return b
}

// below counts the elements for which before holds; before must hold for a
// prefix of the order.
func (r *ranked[T]) below(before func(T) bool) int {
	count := 0
	for n := r.root; n != nil; {
		if before(n.value) {
			count += n.left.len() + 1
			n = n.right
		} else {
			n = n.left
		}
	}
	return count
}

// at is the i-th element, from 0.
func (r *ranked[T]) at(i int) T {
	n := r.root
	for {
		switch l := n.left.len(); {
		case i < l:
			n = n.left
		case i == l:
			return n.value
		default:
			i -= l + 1
			n = n.right
		}
	}
}

// ascend calls f in order until it says false.
func (r *ranked[T]) ascend(f func(T) bool) { r.root.ascend(f) }

func (n *rankedNode[T]) ascend(f func(T) bool) bool {
	return n == nil || n.left.ascend(f) && f(n.value) && n.right.ascend(f)
}
