//! Documents: nothing is lost on the way, and every slip has its place.
