# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The commands for own data: their command lines, and what they print."""
