#!/usr/bin/env python3
"""Has other engines judge what this program judges.

    run.py guard PROGRAM CFN_GUARD
    run.py opa EVALUATE

`guard`: the shipped controls beside CloudFormation Guard. `opa`: Rego as this
program understands it beside Open Policy Agent itself: random policies, imports,
the controls, the documentation, and cases of others. A fresh seed is printed;
ORACLE_SEED gives one, ORACLE_CASES a folder with OPA's conformance cases, and
ORACLE_POLICIES the number of random policies.
"""

import sys

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["guard", program, guard]:
            import guard as comparison

            sys.exit(comparison.main(program, guard))
        case ["opa", evaluate]:
            import differential

            sys.exit(differential.main(evaluate))
        case _:
            sys.exit(__doc__)
