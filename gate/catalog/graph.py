"""One question about a directed graph, given as node -> successors: does it go round?"""

from collections.abc import Mapping


def cycle_in(edges: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Some cycle, first node repeated at the end; empty when there is none. Successors that are no nodes are ignored."""
    done: set[str] = set()
    for start in edges:
        path: list[str] = []
        # Depth first without recursion: each entry is a node and the successors of it that are still to be walked.
        stack: list[tuple[str, list[str]]] = [(start, list(edges[start]))] if start not in done else []
        path += [node for node, _ in stack]
        while stack:
            node, rest = stack[-1]
            if not rest:
                done.add(node)
                stack.pop()
                path.pop()
                continue
            following = rest.pop(0)
            if following in path:
                return (*path[path.index(following) :], following)
            if following in edges and following not in done:
                stack.append((following, list(edges[following])))
                path.append(following)
    return ()
